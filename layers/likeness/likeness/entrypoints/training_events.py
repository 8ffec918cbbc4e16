"""Lambda handlers for SageMaker's events about training jobs, delivered by EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.contracts.generation import TrainingEnded
from likeness.domain.generation.run import RUN_NAME
from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


def on_training_end(
    work: Callable[[TrainingEnded], bool],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """Ignores training jobs that no job of ours started."""

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        ended = read(event)
        if ended is None:
            logger.warning("training job ignored: no job started it")
            return
        logger.append_keys(job_id=ended.job_id, attempt=ended.attempt, tries=ended.tries)
        logger.info("done", extra={"awaited": work(ended)})

    return handler


def read(event: dict[str, Any]) -> TrainingEnded | None:
    name = RUN_NAME.fullmatch(event["detail"]["TrainingJobName"])
    return TrainingEnded.model_validate(name.groupdict()) if name else None
