"""Turn a function on messages into a route, and the one table from domain errors to HTTP.

API Gateway routes, so a function serves one route and needs no router of its own.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum
from functools import partial, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from likeness.api.app import ErrorBody, Message
from likeness.domain import errors, ids
from likeness.entrypoints.auth import caller, moderator
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from likeness.entrypoints import idempotency

STATUS: dict[type[errors.LikenessError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
FOR_A_DAY = "public, max-age=86400"
# Ids that we gave, and those that the caller chose.
OURS = {
    "job_id": ids.JOB_ID,
    "review_id": ids.REVIEW_ID,
    "erasure_id": ids.ERASURE_ID,
    "style": ids.STYLE_ID,
}
THEIRS = {"user_id": ids.USER_ID}
KEY = re.compile(r"^[!-~]([ -~]{0,253}[!-~])?$")  # HTTP takes spaces off both ends


PICTURE_TYPES = ("image/png", "image/webp", "image/jpeg")  # that a route takes


@dataclass(frozen=True, slots=True)
class Picture:
    """A body that is no JSON, of a request or of an answer."""

    content: bytes
    content_type: str


class Repeats(Enum):
    """What a POST does when it comes again with its Idempotency-Key."""

    ANSWERED = "its answer is kept for a day and given again"
    DONE_AGAIN = "it is done again: doing it twice is doing it once"


@dataclass(frozen=True, slots=True)
class InPart:
    """A POST whose answer carries a form or a link: of that answer only this part is kept.

    `part` has fields of the answer, by the same names. `again` makes the answer anew of it: called
    with the part and the parameters of the path.
    """

    part: type[Message]
    again: Callable[..., Message]


@dataclass(frozen=True, slots=True)
class Operation:
    """What docs/openapi.json says about a route."""

    method: str
    path: str
    name: str
    summary: str
    takes: type[Message] | type[Picture] | None
    query: type[Message] | None
    gives: type[Message] | type[Picture]
    media_type: str
    status: HTTPStatus
    moderators: bool
    public: bool
    raises: tuple[type[errors.LikenessError], ...]
    repeats: Repeats | InPart | None

    @property
    def kept(self) -> InPart | None:
        """What is kept of an answer, and how it is made again; None where nothing is."""
        if self.repeats is not Repeats.ANSWERED:
            return self.repeats if isinstance(self.repeats, InPart) else None
        if not issubclass(self.gives, Message):
            raise TypeError(f"{self.name} gives a picture, which is not kept: Repeats.DONE_AGAIN")
        return InPart(self.gives, _as_it_was)


Event = dict[str, Any]  # API Gateway's, payload format 2.0
Answer = dict[str, Any]
Handler = Any  # a Lambda handler, with its `operation` as an attribute


def route(
    method: str,
    path: str,
    *,
    gives: type[Message] | type[Picture],
    takes: type[Message] | type[Picture] | None = None,
    query: type[Message] | None = None,
    media_type: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    moderators: bool = False,
    public: bool = False,
    raises: Collection[type[errors.LikenessError]] = (),
    repeats: Repeats | InPart = Repeats.ANSWERED,
) -> Callable[[Callable[..., Any]], Handler]:
    """A Lambda handler for one route of the HTTP API.

    The function is called with the parameters of the path, with `request` where the route takes a
    body, with `query` where it reads the query, and with `moderator` where it is for moderators;
    a `public` route needs no signature. `raises` names the errors of its own use case, for
    docs/openapi.json; what is wrong with parameters, body, query and key is known without.

    Every POST takes an Idempotency-Key; `repeats` says what a second one with that key gets.
    """

    def decorate(work: Callable[..., Any]) -> Handler:
        operation = Operation(
            method=method,
            path=path,
            name=work.__module__.rpartition(".")[2],
            summary=(work.__doc__ or "").strip(),
            takes=takes,
            query=query,
            gives=gives,
            media_type=media_type or ("image/*" if gives is Picture else "application/json"),
            status=status,
            moderators=moderators,
            public=public,
            raises=tuple(raises),
            repeats=repeats if method == "POST" else None,
        )
        if operation.kept:
            from likeness.entrypoints import idempotency  # noqa: F401, PLC0415 - with the function

        @wraps(work)
        def handler(event: Event, context: LambdaContext) -> Answer:
            logger.clear_state()
            job_id = (event.get("pathParameters") or {}).get("job_id")
            logger.append_keys(request_id=context.aws_request_id, job_id=job_id)
            try:
                return _operate(operation, work, event, context)
            except ValidationError as error:
                return _invalid(error)
            except errors.LikenessError as error:
                return _refuse(error)
            except Exception as error:  # noqa: BLE001 - the last line: told to us, not to the caller
                return _unexpected(error)

        handler.operation = operation  # type: ignore[attr-defined]
        return handler

    return decorate


def _operate(
    operation: Operation, work: Callable[..., Any], event: Event, context: LambdaContext
) -> Answer:
    parameters = _parameters(event)
    arguments: dict[str, Any] = dict(parameters)
    if operation.moderators:
        arguments["moderator"] = moderator(event)
    if operation.query:
        asked = event.get("queryStringParameters") or {}
        arguments["query"] = operation.query.model_validate(asked)
    if operation.takes:
        arguments["request"] = _request(operation.takes, event)
    key = _key(event) if operation.repeats else None
    if key is None or operation.kept is None:
        return _respond(work(**arguments), operation.status)

    from likeness.entrypoints import idempotency  # noqa: PLC0415 - not in functions that keep nothing

    body = arguments["request"].model_dump(mode="json") if operation.takes else None
    asked = {"path": operation.path, "parameters": parameters, "body": body}
    answer = idempotency.once(
        partial(work, **arguments),
        idempotency.Asked(caller=caller(event), key=key, request=asked),
        _keeping(operation.kept, parameters),
        context,
    )
    return _respond(answer, operation.status)


def _keeping(kept: InPart, parameters: dict[str, str]) -> idempotency.Keeping:
    from likeness.entrypoints.idempotency import Keeping  # noqa: PLC0415 - as above

    def part(answer: Message) -> dict[str, Any]:
        return kept.part.model_validate(answer, from_attributes=True).model_dump(mode="json")

    def again(stored: dict[str, Any]) -> Message:
        return kept.again(kept.part.model_validate(stored), **parameters)

    return Keeping(part, again)


def _as_it_was(answer: Message, **_: str) -> Message:
    return answer


def _parameters(event: Event) -> dict[str, str]:
    """The path's. An id of a wrong shape names nothing: it never reaches the table."""
    parameters: dict[str, str] = event.get("pathParameters") or {}
    for name, value in parameters.items():
        if name in OURS and not OURS[name].fullmatch(value):
            raise errors.NotFound(f"there is no {name.removesuffix('_id')} of that id")
        if name in THEIRS and not THEIRS[name].fullmatch(value):
            raise errors.Invalid(f"{name}: must match {THEIRS[name].pattern}")
    return parameters


def _key(event: Event) -> str | None:
    key: str | None = (event.get("headers") or {}).get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise errors.Invalid("Idempotency-Key: send 1 to 255 printable ASCII characters")
    return key


def _body(event: Event) -> str | bytes:
    body = event.get("body") or "{}"
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def _request(takes: type[Message] | type[Picture], event: Event) -> Message | Picture:
    """Strict: a body is what its schema says, and "yes" approves nothing."""
    if issubclass(takes, Picture):
        return _picture(event)
    return takes.model_validate_json(_body(event), strict=True)


def _picture(event: Event) -> Picture:
    """Invalid where the body is not said to be a picture of a type that is taken, or is empty."""
    headers: dict[str, str] = event.get("headers") or {}
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in PICTURE_TYPES:
        raise errors.Invalid(f"send the picture as the body, as one of {', '.join(PICTURE_TYPES)}")
    if not event.get("body") or not event.get("isBase64Encoded"):
        raise errors.Invalid("the body holds no picture")
    return Picture(base64.b64decode(event["body"]), content_type)


def _respond(answer: Message | Picture, status: HTTPStatus) -> Answer:
    if isinstance(answer, Picture):
        return {
            "statusCode": status,
            "headers": {"Content-Type": answer.content_type, "Cache-Control": FOR_A_DAY},
            "body": base64.b64encode(answer.content).decode(),
            "isBase64Encoded": True,
        }
    return _json(status, answer.model_dump_json())


def status_of(kind: type[errors.LikenessError]) -> HTTPStatus:
    """The table's, by the nearest of its parents that is in it; ours is the fault if none is."""
    known = (STATUS[parent] for parent in kind.__mro__ if parent in STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def _refuse(error: errors.LikenessError) -> Answer:
    status = status_of(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
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
    problem = ErrorBody(error=error, message=message, reason=reason)
    return _json(status, problem.model_dump_json(exclude_none=True))


def _json(status: HTTPStatus, body: str) -> Answer:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "body": body,
        "isBase64Encoded": False,
    }
