"""Lambda handlers for the SQS queue of pending decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.domain.ids import REVIEW_ID, ReviewId
from likeness.entrypoints.releases import count, handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


def on_decision(
    work: Callable[[ReviewId], bool],
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """`work` returns whether the decision is done.

    The message of one that is not done, or failed, is delivered again: the response names it as
    `batchItemFailures` (AWS Lambda developer guide, "Handling errors for an SQS event source").
    """

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        failed = []
        for record in event["Records"]:
            logger.clear_state()
            logger.append_keys(request_id=context.aws_request_id)
            if not _is_done(work, str(record["body"])):
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}

    return handler


def _is_done(work: Callable[[ReviewId], bool], body: str) -> bool:
    if not REVIEW_ID.fullmatch(body):
        logger.warning("message ignored: it names no review")
        return True
    logger.append_keys(review_id=body)
    try:
        done = work(ReviewId(body))
    except Exception as error:  # noqa: BLE001 - only this message is delivered again
        count(error)
        logger.exception("the decision was not completed")
        return False
    logger.info("done", extra={"completed": done})
    return done
