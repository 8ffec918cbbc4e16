"""Turn a function on messages into a route, and the one table from domain errors to HTTP.

API Gateway routes, so a function serves one route and needs no router of its own.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from likeness.api import Message, Problem
from likeness.domain import errors, ids
from likeness.entrypoints.auth import moderator
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

STATUS: dict[type[errors.LikenessError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
FOR_A_DAY = "public, max-age=86400"
SHAPES = {
    "job_id": ids.JOB_ID,
    "review_id": ids.JOB_ID,
    "user_id": ids.USER_ID,
    "erasure_id": ids.ERASURE_ID,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An answer that is no JSON."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What docs/openapi.json says about a route."""

    method: str
    path: str
    name: str
    summary: str
    takes: type[Message] | None
    gives: type[Message] | type[Picture]
    status: HTTPStatus
    moderators: bool


Event = dict[str, Any]  # API Gateway's, payload format 2.0
Answer = dict[str, Any]
Handler = Any  # a Lambda handler, with its `operation` as an attribute


def route(
    method: str,
    path: str,
    *,
    gives: type[Message] | type[Picture],
    takes: type[Message] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    moderators: bool = False,
) -> Callable[[Callable[..., Any]], Handler]:
    """A Lambda handler for one route of the HTTP API.

    The function is called with the parameters of the path, with `request` where the route takes a
    body, and with `moderator` (a subject id) where it is for moderators.
    """

    def decorate(work: Callable[..., Any]) -> Handler:
        def operate(event: Event) -> Answer:
            arguments: dict[str, Any] = dict(_parameters(event))
            if moderators:
                arguments["moderator"] = moderator(event)
            if takes:
                arguments["request"] = takes.model_validate_json(_body(event))
            return _respond(work(**arguments), status)

        @wraps(work)
        def handler(event: Event, context: LambdaContext) -> Answer:
            logger.clear_state()
            job_id = (event.get("pathParameters") or {}).get("job_id")
            logger.append_keys(request_id=context.aws_request_id, job_id=job_id)
            try:
                return operate(event)
            except ValidationError as error:
                return _invalid(error)
            except errors.LikenessError as error:
                return _refuse(error)
            except Exception as error:  # noqa: BLE001 - the last line: told to us, not to the caller
                return _unexpected(error)

        handler.operation = Operation(  # type: ignore[attr-defined]
            method=method,
            path=path,
            name=work.__module__.rpartition(".")[2],
            summary=(work.__doc__ or "").strip(),
            takes=takes,
            gives=gives,
            status=status,
            moderators=moderators,
        )
        return handler

    return decorate


def _parameters(event: Event) -> dict[str, str]:
    """The path's. An id of a wrong shape names nothing of ours: it never reaches the table."""
    parameters: dict[str, str] = event.get("pathParameters") or {}
    for name, value in parameters.items():
        if name in SHAPES and not SHAPES[name].fullmatch(value):
            raise errors.NotFound(f"there is no {name.removesuffix('_id')} of that id")
    return parameters


def _body(event: Event) -> str | bytes:
    body = event.get("body") or "{}"
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def _respond(answer: Message | Picture, status: HTTPStatus) -> Answer:
    if isinstance(answer, Picture):
        return {
            "statusCode": status,
            "headers": {"Content-Type": answer.content_type, "Cache-Control": FOR_A_DAY},
            "body": base64.b64encode(answer.content).decode(),
            "isBase64Encoded": True,
        }
    return _json(status, answer.model_dump_json())


def _refuse(error: errors.LikenessError) -> Answer:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return _unexpected(error)
    return _problem(status, type(error).__name__, str(error), error.reason)


def _invalid(error: ValidationError) -> Answer:
    """Names each field and what is wrong with it, and repeats no value: it may be personal."""
    wrong = (
        f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return _problem(HTTPStatus.BAD_REQUEST, errors.Invalid.__name__, "; ".join(wrong))


def _unexpected(error: Exception) -> Answer:
    logger.error("unexpected error", exc_info=error)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Internal", "something failed on our side: try again"
    )


def _problem(status: HTTPStatus, error: str, message: str, reason: Any = None) -> Answer:
    problem = Problem(error=error, message=message, reason=reason)
    return _json(status, problem.model_dump_json(exclude_none=True))


def _json(status: HTTPStatus, body: str) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "body": body,
        "isBase64Encoded": False,
    }
