"""Turn a function on messages into a route, and the one table from domain errors to HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import ValidationError

from likeness.api import Message, Problem
from likeness.domain import errors, ids
from likeness.entrypoints.auth import moderator
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler.exceptions import NotFoundError
    from aws_lambda_powertools.utilities.typing import LambdaContext

STATUS: dict[type[errors.LikenessError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
JSON = "application/json"
SHAPES = {"job_id": ids.JOB_ID, "review_id": ids.JOB_ID}


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
        app = APIGatewayHttpResolver()
        app.not_found(_no_route)
        app.exception_handler(ValidationError)(_invalid)
        app.exception_handler(list(STATUS))(_answer)
        app.exception_handler(Exception)(_unexpected)

        @app.route(path.replace("{", "<").replace("}", ">"), method=method)
        def _operate(**parameters: str) -> Response[Any]:
            _check_shapes(parameters)
            arguments: dict[str, Any] = dict(parameters)
            if moderators:
                arguments["moderator"] = moderator(app.current_event)
            if takes:
                arguments["request"] = takes.model_validate_json(_body(app))
            return _respond(work(**arguments), status)

        @wraps(work)
        def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            logger.clear_state()
            parameters = event.get("pathParameters") or {}
            logger.append_keys(request_id=context.aws_request_id, job_id=parameters.get("job_id"))
            return app.resolve(event, context)

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


def _body(app: APIGatewayHttpResolver) -> str:
    return app.current_event.decoded_body or "{}"


def _check_shapes(parameters: dict[str, str]) -> None:
    """An id of a wrong shape names nothing of ours: it never reaches the table."""
    for name, value in parameters.items():
        if name in SHAPES and not SHAPES[name].fullmatch(value):
            raise errors.NotFound(f"there is no {name.removesuffix('_id')} of that id")


def _respond(answer: Message | Picture, status: HTTPStatus) -> Response[Any]:
    if isinstance(answer, Picture):
        headers: dict[str, str | list[str]] = {"Cache-Control": "public, max-age=86400"}
        return Response(status, answer.content_type, answer.content, headers=headers)
    return Response(status, JSON, answer.model_dump_json(), headers={"Cache-Control": "no-store"})


def _answer(error: errors.LikenessError) -> Response[str]:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return _problem(status, type(error).__name__, str(error), error.reason)


def _invalid(error: ValidationError) -> Response[str]:
    """Names each field and what is wrong with it, and repeats no value: it may be personal."""
    wrong = (
        f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return _problem(HTTPStatus.BAD_REQUEST, errors.Invalid.__name__, "; ".join(wrong))


def _unexpected(error: Exception) -> Response[str]:
    logger.error("unexpected error", exc_info=error)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Internal", "something failed on our side: try again"
    )


def _no_route(_: NotFoundError) -> Response[str]:
    return _problem(HTTPStatus.NOT_FOUND, errors.NotFound.__name__, "there is no such route")


def _problem(status: HTTPStatus, error: str, message: str, reason: Any = None) -> Response[str]:
    body = Problem(error=error, message=message, reason=reason).model_dump_json(exclude_none=True)
    return Response(status, JSON, body, headers={"Cache-Control": "no-store"})
