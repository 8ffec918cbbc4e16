"""Lambda handlers for SNS: SageMaker's messages about finished inferences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from likeness.contracts.generation import InferenceEnded
from likeness.contracts.jobs import JobError
from likeness.domain.generation.run import RUN_NAME
from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


def on_inference(
    work: Callable[[InferenceEnded], bool],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """Ignores messages about inferences that no job requested."""

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        for record in event["Records"]:
            ended = read(record["Sns"]["Message"])
            logger.clear_state()
            logger.append_keys(request_id=context.aws_request_id)
            if ended is None:
                logger.warning("inference ignored: no job requested it")
                continue
            logger.append_keys(job_id=ended.job_id, attempt=ended.attempt, tries=ended.tries)
            awaited = work(ended)
            logger.info("done", extra={"error": ended.error, "awaited": awaited})

    return handler


def read(message: str) -> InferenceEnded | None:
    """Parse SageMaker's message. None if the inference id is not one of ours.

    Any status other than "Completed" is a failure. A request expires in the queue if no instance
    takes it in time. AWS does not document how the message says so, so both the status and the
    reason are read; without a message the task times out.
    """
    body = json.loads(message)
    name = RUN_NAME.fullmatch(str(body.get("inferenceId", "")))
    if name is None:
        return None
    status, reason = str(body.get("invocationStatus")), str(body.get("failureReason"))
    error = None
    if status != "Completed":
        expired = "expired" in f"{status} {reason}".lower()
        error = JobError.NO_CAPACITY if expired else JobError.GENERATION_FAILED
    return InferenceEnded.model_validate({**name.groupdict(), "error": error})
