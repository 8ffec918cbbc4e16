"""HTTP routes: Lambda handlers on request and response models, and each error's HTTP status."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from likeness.api.message import ErrorBody, Message
from likeness.domain import errors, ids
from likeness.entrypoints.auth import caller, moderator
from likeness.entrypoints.faults import faults_of
from likeness.entrypoints.releases import count, handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from likeness.ports.review import Staff

STATUS: dict[type[errors.LikenessError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.OverQuota: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Of public routes, which return the same to everyone. Pictures change with a release.
CACHED_FOR_A_DAY = "public, max-age=86400"
CACHED_FOR_MINUTES = "public, max-age=300"
# Path parameters: ids that this service generates, and ids that the caller chooses.
OUR_IDS = {
    "job_id": ids.JOB_ID,
    "photo_id": ids.PHOTO_ID,
    "review_id": ids.REVIEW_ID,
    "erasure_id": ids.ERASURE_ID,
    "style": ids.STYLE_ID,
    "webhook_id": ids.WEBHOOK_ID,
}
CALLER_IDS = {"user_id": ids.USER_ID, "username": ids.USERNAME}
# An Idempotency-Key. HTTP strips spaces at both ends of a header.
KEY = re.compile(r"^[!-~]([ -~]{0,253}[!-~])?$")
# Accepted as a request body. Its content decides about its type, so a client may leave it open.
PICTURE_TYPES = ("application/octet-stream", "image/png", "image/webp", "image/jpeg")
INTEGER = re.compile(r"^(0|-?[1-9][0-9]*)$")


@dataclass(frozen=True, slots=True)
class Picture:
    """A binary body of a request or a response."""

    content: bytes
    content_type: str


class OnRepeat(Enum):
    """Effect of a POST that is repeated with the same Idempotency-Key."""

    RETURN_STORED = "the stored response is returned, for a day"
    RUN_AGAIN = "the operation runs again: it is idempotent"


@dataclass(frozen=True, slots=True)
class StoredPart:
    """For a response with presigned URLs or POSTs, which must not be stored.

    Only `part` is stored: a model with some of the response's fields. `rebuild` makes the response
    from the part and the path parameters.
    """

    part: type[Message]
    rebuild: Callable[..., Message]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, as docs/openapi.json describes it."""

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
    description: str
    on_repeat: OnRepeat | StoredPart | None

    @property
    def key(self) -> str:
        """API Gateway's route key."""
        return f"{self.method} {self.path}"

    @property
    def stored(self) -> StoredPart | None:
        """The stored part of a response; None if nothing is stored."""
        if self.on_repeat is not OnRepeat.RETURN_STORED:
            return self.on_repeat if isinstance(self.on_repeat, StoredPart) else None
        if not issubclass(self.gives, Message):
            raise TypeError(f"{self.name} returns a picture, which is not stored: use RUN_AGAIN")
        return StoredPart(self.gives, _unchanged)


Event = dict[str, Any]  # API Gateway, payload format 2.0
Response = dict[str, Any]
Handler = Any  # a Lambda handler; `operation` or, if grouped, `handlers` is an attribute


def route(
    method: str,
    path: str,
    *,
    gives: type[Message] | type[Picture],
    takes: type[Message] | type[Picture] | None = None,
    query: type[Message] | None = None,
    media_type: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    moderators: Callable[[], Staff] | None = None,
    public: bool = False,
    raises: Collection[type[errors.LikenessError]] = (),
    on_repeat: OnRepeat | StoredPart = OnRepeat.RETURN_STORED,
) -> Callable[[Callable[..., Any]], Handler]:
    """Make a function the Lambda handler of one route.

    The function gets the path parameters, `request` (the parsed body, if `takes` is set), `query`
    (if `query` is set) and `moderator` (if `moderators`, the pool that knows them, is set). It
    returns a model, or bytes if `gives` is Picture. A `public` route needs no signature. `raises`
    lists the use case's own errors for docs/openapi.json; errors of parameters, body, query and key
    are implied.

    The operation has the name of the use case: the file's, or `get_job` for `get_job_handler`.
    Every POST accepts an Idempotency-Key; `on_repeat` says what a second request with it does.
    """

    def decorate(work: Callable[..., Any]) -> Handler:
        operation = Operation(
            method=method,
            path=path,
            name=work.__name__.rpartition("_handler")[0] or work.__module__.rpartition(".")[2],
            summary=inspect.cleandoc(work.__doc__ or "").partition("\n")[0],
            description=inspect.cleandoc(work.__doc__ or ""),
            takes=takes,
            query=query,
            gives=gives,
            media_type=media_type or ("image/*" if gives is Picture else "application/json"),
            status=status,
            moderators=moderators is not None,
            public=public,
            raises=tuple(raises),
            on_repeat=on_repeat if method == "POST" else None,
        )
        if operation.stored:  # import it at cold start, and only in functions that store responses
            from likeness.entrypoints import idempotency  # noqa: F401, PLC0415

        @handles(work)
        def handler(event: Event, context: LambdaContext) -> Response:
            logger.clear_state()
            job_id = (event.get("pathParameters") or {}).get("job_id")
            logger.append_keys(request_id=context.aws_request_id, job_id=job_id)
            try:
                known = {"moderator": moderator(event, moderators())} if moderators else {}
                return _operate(operation, partial(work, **known), event, context)
            except _InvalidRequest as error:
                return _invalid(error)
            except errors.LikenessError as error:
                count(error)
                return _refuse(error)
            except Exception as error:  # noqa: BLE001 - logged, not shown to the caller
                count(error)
                return _unexpected(error)

        handler.operation = operation  # type: ignore[attr-defined]
        return handler

    return decorate


def routes(*handlers: Handler) -> Handler:
    """Combine routes with the same privileges in one Lambda handler. KeyError for other routes."""
    by_key = {handler.operation.key: handler for handler in handlers}

    def handler(event: Event, context: LambdaContext) -> Response:
        response: Response = by_key[event["routeKey"]](event, context)
        return response

    handler.handlers = handlers  # type: ignore[attr-defined]
    return handler


def _operate(
    operation: Operation, work: Callable[..., Any], event: Event, context: LambdaContext
) -> Response:
    parameters = _parameters(event)
    arguments: dict[str, Any] = dict(parameters)
    query = event.get("queryStringParameters") or {}
    if operation.query:
        arguments["query"] = _query(operation.query, query)
    elif query:
        raise errors.Invalid("this operation takes no query", field=f"/query/{next(iter(query))}")
    if operation.takes:
        arguments["request"] = _request(operation.takes, event)
    key = _key(event) if operation.on_repeat else None
    if key is None or operation.stored is None:
        return _respond(work(**arguments), operation, event)

    from likeness.entrypoints import idempotency  # noqa: PLC0415 - see `route`

    body = arguments["request"].model_dump(mode="json") if operation.takes else None
    response = idempotency.run_once(
        partial(work, **arguments),
        idempotency.KeyedRequest(
            caller=caller(event),
            key=key,
            request={"path": operation.path, "parameters": parameters, "body": body},
        ),
        operation.stored,
        parameters,
        context,
    )
    return _respond(response, operation, event)


def _unchanged(response: Message, **_: str) -> Message:
    return response


def _parameters(event: Event) -> dict[str, str]:
    """The path parameters. Malformed ids are refused here and never reach the table.

    Raises NotFound for an id of ours, Invalid for an id of the caller's.
    """
    parameters: dict[str, str] = event.get("pathParameters") or {}
    for name, value in parameters.items():
        if name in OUR_IDS and not OUR_IDS[name].fullmatch(value):
            raise errors.NotFound(f"there is no {name.removesuffix('_id')} of that id")
        if name in CALLER_IDS and not CALLER_IDS[name].fullmatch(value):
            raise errors.Invalid(
                f"{name} must match {CALLER_IDS[name].pattern}", field=f"/path/{name}"
            )
    return parameters


def _key(event: Event) -> str | None:
    key: str | None = (event.get("headers") or {}).get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise errors.Invalid(
            "Idempotency-Key: send 1 to 255 printable ASCII characters",
            field="/header/Idempotency-Key",
        )
    return key


def _request(takes: type[Message] | type[Picture], event: Event) -> Message | Picture:
    """Strict validation: a string such as "yes" is not accepted as a boolean."""
    if issubclass(takes, Picture):
        return _picture(event)
    _content_type(event, "application/json")
    body = event.get("body") or "{}"
    text = base64.b64decode(body) if event.get("isBase64Encoded") else body
    with _reading("body"):
        return takes.model_validate_json(text, strict=True)


def _query(takes: type[Message], query: dict[str, str]) -> Message:
    """Validated like a body. Python would also read integers such as `+1` and `1_000`."""
    found: dict[str, Any] = {}
    for name, value in query.items():
        field = takes.model_fields.get(name)
        number = field is not None and field.annotation is int and INTEGER.fullmatch(value)
        found[name] = int(value) if number else value
    with _reading("query"):
        return takes.model_validate_json(json.dumps(found), strict=True)


def _picture(event: Event) -> Picture:
    """Raises Invalid if the body is empty or not binary."""
    content_type = _content_type(event, *PICTURE_TYPES)
    if not event.get("body") or not event.get("isBase64Encoded"):
        raise errors.Invalid("the body holds no picture", field="/body")
    return Picture(base64.b64decode(event["body"]), content_type)


def _content_type(event: Event, *accepted: str) -> str:
    headers: dict[str, str] = event.get("headers") or {}
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in accepted:
        raise errors.UnsupportedMediaType(
            f"send the body as {' or '.join(accepted)}", field="/header/Content-Type"
        )
    return content_type


def _respond(result: Message | bytes, operation: Operation, event: Event) -> Response:
    if isinstance(result, bytes):
        return _show(result, operation, event)
    response = _json(operation.status, result.model_dump_json())
    if operation.public:
        etag = _etag(response["body"].encode())
        response["headers"] |= {"Cache-Control": CACHED_FOR_MINUTES, "ETag": etag}
        return _unless_known(response, etag, event)
    if (seconds := getattr(result, "poll_after_s", None)) is not None:
        response["headers"]["Retry-After"] = str(seconds)
    return response


def _show(picture: bytes, operation: Operation, event: Event) -> Response:
    etag = _etag(picture)
    response: Response = {
        "statusCode": operation.status,
        "headers": {
            "Content-Type": operation.media_type,
            "Cache-Control": CACHED_FOR_A_DAY if operation.public else "private, no-cache",
            "ETag": etag,
        },
        "body": base64.b64encode(picture).decode(),
        "isBase64Encoded": True,
    }
    return _unless_known(response, etag, event)


def _etag(content: bytes) -> str:
    """A strong one."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _unless_known(response: Response, etag: str, event: Event) -> Response:
    """304 if the caller has it (RFC 9110, 13.1.2 and 15.4.5)."""
    known = (event.get("headers") or {}).get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if tags & {etag, "*"}:
        response |= {"statusCode": HTTPStatus.NOT_MODIFIED, "body": "", "isBase64Encoded": False}
        del response["headers"]["Content-Type"]
    return response


def status_of(kind: type[errors.LikenessError]) -> HTTPStatus:
    """The status of the error's nearest ancestor in STATUS; 500 if there is none."""
    known = (STATUS[parent] for parent in kind.__mro__ if parent in STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def _refuse(error: errors.LikenessError) -> Response:
    status = status_of(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    problem = ErrorBody(
        error=error.kind(),
        message=str(error),
        reason=error.reason,
        field=error.field,
        **error.details,
    )
    response = _problem(status, problem)
    if error.retry_after_s is not None:
        response["headers"]["Retry-After"] = str(error.retry_after_s)
    return response


class _InvalidRequest(Exception):  # noqa: N818 - becomes a response
    """What is wrong with a body or query. Another ValidationError is a fault of ours."""

    def __init__(self, part: str, error: ValidationError) -> None:
        super().__init__(part)
        self.faults = faults_of(part, error)


@contextmanager
def _reading(part: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise _InvalidRequest(part, error) from error


def _invalid(error: _InvalidRequest) -> Response:
    several = len(error.faults) > 1
    problem = ErrorBody(
        error=errors.Invalid.kind(),
        message="; ".join(f"{fault.field} {fault.message}" for fault in error.faults),
        field=error.faults[0].field,
        faults=error.faults if several else None,
    )
    return _problem(HTTPStatus.BAD_REQUEST, problem)


def _unexpected(error: Exception) -> Response:
    logger.error("unexpected error", exc_info=error)
    problem = ErrorBody(
        error=errors.ErrorKind.INTERNAL, message="something failed on our side: try again"
    )
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, problem)


def _problem(status: HTTPStatus, problem: ErrorBody) -> Response:
    return _json(status, problem.model_dump_json(exclude_none=True))


def _json(status: HTTPStatus, body: str) -> Response:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "body": body,
        "isBase64Encoded": False,
    }
