"""Lambda handlers for tasks of the state machines, on contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from likeness.contracts import Contract
from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

In = TypeVar("In", bound=Contract)


def step(takes: type[In]) -> Callable[[Callable[[In], Contract | None]], Handler]:
    """Parse the input, add the job's id to every log line, and return plain JSON.

    Errors propagate: the state machine catches them by class name.
    """

    def decorate(work: Callable[[In], Contract | None]) -> Handler:
        @handles(work)
        def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            message = takes.model_validate(event)
            logger.clear_state()
            logger.append_keys(request_id=context.aws_request_id, **_ids(message))
            result = work(message)
            logger.info("done")
            return result.model_dump(mode="json") if result else {}

        return handler

    return decorate


def _ids(message: Contract) -> dict[str, str]:
    """The ids that may be logged: those of jobs and erasures, which identify no person."""
    return message.model_dump(include={"job_id", "erasure_id"})
