"""Lambda handlers for SQS: chains of deliveries that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.domain.webhooks.delivery import Chain
from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


def on_chain(
    work: Callable[[Chain], None],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """The batch size is one, so an error has the message sent again, and no other."""

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        (record,) = event["Records"]
        chain = Chain.model_validate_json(record["body"])
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id, **chain.model_dump())
        work(chain)
        logger.info("done")

    return handler
