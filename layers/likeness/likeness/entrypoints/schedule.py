"""Lambda handlers for EventBridge schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


def on_schedule(work: Callable[[], int]) -> Callable[[dict[str, Any], LambdaContext], None]:
    """`work` returns how many items it processed; the number is logged."""

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        logger.info("done", extra={"done": work()})

    return handler
