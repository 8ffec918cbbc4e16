"""Lambda handlers for SNS: SageMaker's messages about finished inferences."""

from __future__ import annotations

import json
import re
from functools import wraps
from typing import TYPE_CHECKING, Any

from likeness.contracts import InferenceEnded
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

INFERENCE_ID = re.compile(r"^likeness-(?P<job_id>j[0-9a-f]{32})-r(?P<attempt>[12])$")


def on_inference(
    work: Callable[[InferenceEnded], bool],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """Ignores messages about inferences that no job requested."""

    @wraps(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        for record in event["Records"]:
            ended = read(record["Sns"]["Message"])
            logger.clear_state()
            logger.append_keys(request_id=context.aws_request_id)
            if ended is None:
                logger.warning("inference ignored: no job requested it")
                continue
            logger.append_keys(job_id=ended.job_id, attempt=ended.attempt)
            awaited = work(ended)
            logger.info("done", extra={"failed": ended.failed, "awaited": awaited})

    return handler


def read(message: str) -> InferenceEnded | None:
    """Parse SageMaker's message. None if the inference id is not one of ours.

    Any status other than "Completed" is a failure.
    """
    body = json.loads(message)
    name = INFERENCE_ID.match(str(body.get("inferenceId", "")))
    if name is None:
        return None
    return InferenceEnded(
        job_id=name["job_id"],
        attempt=int(name["attempt"]),
        failed=body.get("invocationStatus") != "Completed",
    )
