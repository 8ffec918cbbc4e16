"""Turn a function on contracts into a task of the state machine."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from likeness.contracts import Contract
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

In = TypeVar("In", bound=Contract)


def step(
    takes: type[In],
) -> Callable[
    [Callable[[In], Contract | None]], Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
]:
    """Parse the input, tag every log line with the job, answer plain JSON.

    Errors pass through: the state machine catches them by class name.
    """

    def decorate(
        work: Callable[[In], Contract | None],
    ) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
        @wraps(work)
        def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            message = takes.model_validate(event)
            logger.clear_state()
            logger.append_keys(request_id=context.aws_request_id, **_ids(message))
            answer = work(message)
            logger.info("done")
            return answer.model_dump(mode="json") if answer else {}

        return handler

    return decorate


def _ids(message: Contract) -> dict[str, str]:
    """What a line of the log may name: ids of jobs and erasures, which say nothing of a person."""
    return message.model_dump(include={"job_id", "erasure_id"})
