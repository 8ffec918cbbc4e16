"""Generate docs/openapi.json from the code.

    make generated

Each handler in functions/ declares its route (`likeness.entrypoints.http.route`), and the messages
of `likeness.api` are its schemas. tests/infra/test_openapi.py fails if the file is out of date.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from docs.examples import EXAMPLES
from likeness import events
from likeness.api.message import ErrorBody, Message
from likeness.domain import errors, ids
from likeness.domain.errors import ErrorKind
from likeness.entrypoints import http
from likeness.entrypoints.http import Operation, StoredPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.json_schema import JsonSchemaMode

    Refs = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]

Json = dict[str, Any]
EVENTS = sorted(events.EVENTS.items())
ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "openapi.json"
SCHEMAS = "#/components/schemas/"

ABOUT = """\
Photos in, avatars out, once a day; photos are deleted when the avatars are made.

The app backend signs each call with SigV4. Moderators send the ID token of their sign-in. The \
public keys and the catalogue of styles need neither, and may be cached.

**Compatibility.** Within `/v1` responses may gain fields, enums may gain values, and operations \
may be added; nothing is removed or renamed. A body or query with an unknown field is refused. An \
operation or field that will go away is marked `deprecated` for at least six months, and then only \
goes with `/v2`. `info.version` follows the release; CHANGELOG.md lists what changed.

**Repeating a request.** Every POST accepts an `Idempotency-Key`, valid for a day for one caller \
(an IAM role or a moderator). The same request with the same key gets the same response; a \
different request with that key gets 422. Of two concurrent requests, one runs and the other gets \
its response, or 409 `InProgress` if that takes more than a few seconds. Errors are not stored. \
PUT and DELETE are idempotent without a key.

**Lists** are paged: `limit` is the size of a page, and `next` of one page is the `cursor` of the \
next.

**Errors** have one shape (`ErrorBody`), and `error` is the kind (`ErrorKind`) by which a client \
decides. Where the same request succeeds by waiting, the response has `Retry-After`. A request \
that API Gateway itself refuses gets only a `message`: send it again after a 429, 500 or 503.

**Limits.** The stack accepts 250 requests a second and bursts of 500, of all callers together, \
and fewer without a signature (50 to 100, bursts of 100 to 200); a body has at most 10 MB. Poll a \
job every 2 seconds while photos are checked and every 5 seconds while it runs, or use webhooks.
"""
TAGS = {
    "jobs": "From photos to avatars: create, upload, submit, wait, show, keep, appeal, delete.",
    "users": "A user's jobs, quota day, Plus entitlement and erasure.",
    "erasures": "What became of a user's erasure.",
    "consents": "Versions of the consent text.",
    "styles": "The catalogue of styles.",
    "verify": "Whether a picture was made here.",
    "webhooks": "Where events are sent: endpoints, their secrets, deliveries, replay.",
    "keys": "The public keys of receipts.",
    "reviews": "The review desk. For moderators, with the ID token of their sign-in.",
}
SECURITY = {
    "app_backend": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": (
            "AWS Signature Version 4 with service `execute-api`, the region of the API, and "
            "credentials of a role that may `execute-api:Invoke`. AWS's SDKs have a signer: "
            "`botocore.auth.SigV4Auth` (Python), `@smithy/signature-v4` (JavaScript), "
            "`aws-sdk-go-v2/aws/signer/v4` (Go), `software.amazon.awssdk:http-auth-aws` (Java). A "
            "backend outside AWS gets temporary credentials by OIDC "
            "(`sts:AssumeRoleWithWebIdentity`) or IAM Roles Anywhere, and also sends "
            "`X-Amz-Security-Token`. Encode each path parameter once (`user%2Btag%40example.com`); "
            "the signature encodes the path a second time, as for every service except S3."
        ),
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "moderator": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "ID token of the moderators' Cognito pool, of one of its groups",
    },
}
# The meaning of each status, on any route.
MEANS = {
    HTTPStatus.BAD_REQUEST: "The request is invalid: the message names the field and what to do",
    HTTPStatus.UNAUTHORIZED: "The token is missing or invalid",
    HTTPStatus.FORBIDDEN: "The caller may not do this, or the signature is missing or wrong",
    HTTPStatus.NOT_FOUND: "The resource does not exist",
    HTTPStatus.CONFLICT: "The resource is in another state, or another request came first",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than API Gateway accepts",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body has another media type than the operation accepts",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This Idempotency-Key was used with another body or path",
    HTTPStatus.TOO_MANY_REQUESTS: "The quota of the day is used, or there are too many calls",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Internal error",
    HTTPStatus.SERVICE_UNAVAILABLE: "A dependency is unavailable: send the request again",
}
HEADERS: dict[str, Json] = {
    "RetryAfter": {
        "description": "Seconds until the same request may succeed; absent if waiting is no help",
        "schema": {"type": "integer", "minimum": 1},
    },
    "CacheControl": {
        "description": "`no-store`, except for pictures of the catalogue",
        "schema": {"type": "string"},
    },
}
WAITING = {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
# Where an id in a response leads: its operation and name in the body.
LINKS: dict[str, dict[str, tuple[str, ...]]] = {
    "create_job": {"job_id": ("get_job", "add_photo", "submit_job", "delete_job")},
    "submit_job": {"job_id": ("get_job", "delete_job", "get_receipt")},
    "get_job": {"job_id": ("submit_job", "keep_avatars", "appeal_job", "get_receipt")},
    "request_erasure": {"erasure_id": ("get_erasure",)},
}
REPEATED = "the response has the same ids, and new presigned URLs and POSTs"
ONLY_GATEWAY = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
ANY_ROUTE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
GATEWAY_TOO = ANY_ROUTE | {HTTPStatus.FORBIDDEN}


def main() -> None:
    FILE.write_text(text())


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> Json:
    operations = sorted(
        ((handler.operation, handler.__wrapped__) for handler in handlers()),
        key=lambda found: (found[0].path, found[0].method),
    )
    refs, schemas = _schemas([operation for operation, _ in operations])
    paths: dict[str, Json] = {}
    for operation, work in operations:
        described = _Described(operation, work, refs, schemas).describe()
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Likeness",
            "version": _version(),
            "summary": "Avatars from a user's photos, once a day",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "The operators of this stack"},
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": "The stack's output ApiUrl",
                "variables": {"api": {"default": "api"}, "region": {"default": "eu-central-1"}},
            }
        ],
        "tags": [
            {"name": tag, "description": TAGS[tag]}
            for tag in TAGS
            if any(tag in one["tags"] for path in paths.values() for one in path.values())
        ],
        "paths": paths,
        "webhooks": {kind: _webhook(kind, refs[model, "serialization"]) for kind, model in EVENTS},
        "components": {
            "securitySchemes": SECURITY,
            "schemas": schemas,
            "responses": dict(_responses(refs)),
            "headers": HEADERS,
        },
    }


def handlers() -> list[http.Handler]:
    """The handler of every route, also of those that share a Lambda function."""
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    found = [importlib.import_module(f"functions.{name}").handler for name in names]
    return [
        handler
        for group in found
        for handler in getattr(group, "handlers", [group])
        if hasattr(handler, "operation")
    ]


def kinds(operation: Operation) -> dict[HTTPStatus, list[ErrorKind]]:
    """The kinds of error that the route can return, by status; none if only the gateway does."""
    found: set[type[errors.LikenessError]] = {errors.Invalid, errors.Unavailable}
    found |= set(operation.raises)
    if operation.moderators:
        found |= {errors.AccessRevoked, errors.Forbidden}
    if operation.takes:
        found.add(errors.UnsupportedMediaType)
    if set(_names(operation.path)) - set(http.CALLER_IDS):
        found.add(errors.NotFound)
    if operation.stored:
        found |= {errors.InProgress, errors.KeyReused, errors.Forbidden}
    by_status = {status: set[ErrorKind]() for status in ANY_ROUTE}
    by_status[HTTPStatus.INTERNAL_SERVER_ERROR].add(ErrorKind.INTERNAL)
    if not operation.public:
        by_status[HTTPStatus.FORBIDDEN] = set()
    if operation.moderators:
        by_status[HTTPStatus.UNAUTHORIZED] = set()
    if operation.takes:
        by_status[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = set()
    for kind in found:
        by_status.setdefault(http.status_of(kind), set()).add(kind.kind())
    return {status: sorted(found) for status, found in sorted(by_status.items())}


@dataclass(frozen=True)
class _Described:
    """One operation of the document."""

    operation: Operation
    work: Callable[..., Any]
    refs: Refs
    schemas: Json

    def describe(self) -> Json:
        operation = self.operation
        scheme = "moderator" if operation.moderators else "app_backend"
        found = kinds(operation)
        described: Json = {
            "operationId": operation.name,
            "tags": [operation.path.split("/")[2]],
            "summary": operation.summary.removesuffix("."),
            "description": self._description(),
            "security": [] if operation.public else [{scheme: []}],
        }
        if parameters := [*self._path(), *self._query(), *self._key()]:
            described["parameters"] = parameters
        if operation.takes:
            described["requestBody"] = {"required": True, "content": self._body()}
        described["responses"] = {str(operation.status.value): self._answer()} | {
            str(status.value): {
                "$ref": f"#/components/responses/{_name(status)}",
                "description": ", ".join(f"`{kind}`" for kind in found[status]) or MEANS[status],
            }
            for status in found
        }
        described["x-error-kinds"] = {
            str(status.value): [kind.value for kind in found[status]] for status in found
        }
        return described

    def _description(self) -> str:
        """The docstring below its summary, and the effect of a repeated POST."""
        on_repeat = self.operation.on_repeat
        repeated = "With the same Idempotency-Key {}."
        parts = [self.operation.description.partition("\n")[2].strip()]
        if on_repeat is not None:
            parts.append(
                repeated.format(REPEATED if isinstance(on_repeat, StoredPart) else on_repeat.value)
            )
        return "\n\n".join(part for part in parts if part) or self.operation.summary

    def _body(self) -> Json:
        """A picture is the whole body, in one of the accepted types."""
        takes = self.operation.takes
        if takes and issubclass(takes, Message):
            return {"application/json": self._content(takes, "validation")}
        return {kind: {"schema": _binary(kind)} for kind in http.PICTURE_TYPES}

    def _path(self) -> Iterator[Json]:
        """The schema follows from the handler's annotation: `ids.JobIdField` for JobId."""
        types = inspect.get_annotations(self.work, eval_str=True)
        for name in _names(self.operation.path):
            field = getattr(ids, f"{getattr(types.get(name), '__name__', '')}Field", str)
            yield _parameter(name, "path", TypeAdapter(field).json_schema())

    def _query(self) -> Iterator[Json]:
        if self.operation.query is None:
            return
        schema = self.operation.query.model_json_schema(
            schema_generator=_Schemas, ref_template="#/components/schemas/{model}"
        )
        for name, found in schema["properties"].items():
            either = found.pop("anyOf", [])  # an optional parameter is never null
            given = [one for one in either if one.get("type") != "null"]
            default = {} if found.get("default") is None else {"default": found["default"]}
            found.pop("default", None)
            yield _parameter(name, "query", {**(given[0] if given else {}), **found, **default})

    def _key(self) -> Iterator[Json]:
        on_repeat = self.operation.on_repeat
        if on_repeat is None:
            return
        schema = {
            "type": "string",
            "pattern": http.KEY.pattern,
            "minLength": 1,
            "maxLength": 255,
            "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        }
        yield _parameter(
            "Idempotency-Key",
            "header",
            schema,
            description="When the request is repeated: "
            + (REPEATED if isinstance(on_repeat, StoredPart) else on_repeat.value),
        )

    def _answer(self) -> Json:
        operation = self.operation
        if issubclass(operation.gives, Message):
            content = self._content(operation.gives, "serialization")
        else:
            content = {"schema": _binary(operation.media_type)}
        answer: Json = {
            "description": operation.status.phrase,
            "headers": {"Cache-Control": {"$ref": "#/components/headers/CacheControl"}},
            "content": {operation.media_type: content},
        }
        if links := LINKS.get(operation.name):
            answer["links"] = {
                to: {"operationId": to, "parameters": {name: f"$response.body#/{name}"}}
                for name, targets in links.items()
                for to in targets
            }
        return answer

    def _content(self, model: type[Message], mode: JsonSchemaMode) -> Json:
        ref = self.refs[model, mode]
        if model in EXAMPLES:
            found = EXAMPLES[model]
            named = {name: {"value": value} for name, value in found.items()}
            return {"schema": ref, "examples": named}
        try:
            return {"schema": ref, "example": example(ref, self.schemas)}
        except NoExample:
            return {"schema": ref}


class NoExample(Exception):
    """A field has no example, and its type does not imply one."""


def example(schema: Json, schemas: Json) -> Any:  # noqa: C901, PLR0911 - one branch per kind
    """An example of the schema, made of the examples of its fields."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].removeprefix(SCHEMAS)], schemas)
    for given in ("examples", "enum"):
        if given in schema:
            return schema[given][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return example(next(one for one in schema["anyOf"] if one.get("type") != "null"), schemas)
    match schema.get("type"):
        case "object" if "properties" in schema:
            wanted = schema.get("required", ())
            return {
                name: example(field, schemas)
                for name, field in schema["properties"].items()
                if name in wanted or "examples" in field
            }
        case "array":
            return [example(schema["items"], schemas)] * max(1, schema.get("minItems", 1))
        case "string" if schema.get("format") == "date-time":
            return "2026-11-22T12:00:00Z"
        case "integer" | "number":
            return schema.get("default", schema.get("minimum", 1))
        case "boolean":
            return True
    raise NoExample(schema)


class _Schemas(GenerateJsonSchema):
    """Omits titles that repeat a field's name; responses may gain fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def model_schema(self, schema: Any) -> Json:
        made = super().model_schema(schema)
        made.pop("title", None)
        if self.mode == "serialization":
            made.pop("additionalProperties", None)
        return made


def _schemas(operations: list[Operation]) -> tuple[Refs, Json]:
    taken = {
        operation.takes
        for operation in operations
        if operation.takes and issubclass(operation.takes, Message)
    }
    given = {one.gives for one in operations if issubclass(one.gives, Message)} | {ErrorBody}
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(taken, key=lambda model: model.__name__)),
        *((model, "serialization") for model in sorted(given, key=lambda model: model.__name__)),
        *((model, "serialization") for _, model in EVENTS),
    ]
    refs, found = models_json_schema(
        wanted, ref_template=SCHEMAS + "{model}", schema_generator=_Schemas
    )
    named = json.loads(
        re.sub(
            r"([A-Za-z0-9_]+)-Input\b", r"\1Request", json.dumps([list(refs.values()), found])
        ).replace("-Output", "")
    )
    refs = dict(zip(refs, named[0], strict=True))
    schemas = dict(sorted(named[1]["$defs"].items()))
    schemas["ErrorKind"] |= {
        "description": errors.ErrorKind.__doc__,
        "x-enum-descriptions": [_meaning(kind) for kind in ErrorKind],
    }
    schemas["GatewayError"] = {
        "type": "object",
        "description": "An error of API Gateway itself: no function was called.",
        "properties": {"message": {"type": ["string", "null"]}},
        "required": ["message"],
    }
    return refs, schemas  # type: ignore[return-value]


def _responses(refs: Refs) -> Iterator[Any]:
    ours, gateway = refs[ErrorBody, "serialization"], {"$ref": f"{SCHEMAS}GatewayError"}
    for status, means in MEANS.items():
        schema = ours
        if status in ONLY_GATEWAY:
            schema = gateway
        elif status in GATEWAY_TOO:
            schema = {"anyOf": [ours, gateway]}
        content = {"application/json": {"schema": schema}}
        described: Json = {"description": means, "content": content}
        if status in WAITING:
            described["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
        yield _name(status), described


def error_classes() -> dict[ErrorKind, type[errors.LikenessError]]:
    """The class of each kind; Internal has none, because it is what is not expected."""
    return {kind: getattr(errors, kind.value) for kind in ErrorKind if hasattr(errors, kind.value)}


def _meaning(kind: ErrorKind) -> str:
    described = error_classes().get(kind)
    return inspect.getdoc(described) or "" if described else "Something failed on our side."


def _webhook(kind: str, event: Json) -> Json:
    """Standard Webhooks 1.0.0: the payload's structure and its headers."""
    headers = {
        "webhook-id": "Identifies the event: a redelivered event has the same id",
        "webhook-timestamp": "When this request was sent, in seconds since 1970",
        "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body`; several by spaces",
    }
    body = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": event,
        },
        "required": ["type", "timestamp", "data"],
    }
    return {
        "post": {
            "operationId": f"on_{re.sub(r'(?<!^)(?=[A-Z])', '_', kind).lower()}",
            "tags": ["webhooks"],
            "summary": f"The event {kind}",
            "description": "Sent to your endpoint. Answer 2xx within five seconds: docs/events.md.",
            "security": [],
            "parameters": [
                _parameter(name, "header", {"type": "string"}, required=True, description=means)
                for name, means in headers.items()
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "2XX": {"description": "Delivered"},
                "4XX": {"description": "Not accepted: sent again, as docs/events.md says"},
            },
        }
    }


def _binary(media_type: str) -> Json:
    """`format` is OpenAPI 3.0's way, which generators understand; `contentMediaType` is 3.1's."""
    return {"type": "string", "format": "binary", "contentMediaType": media_type}


def _parameter(name: str, where: str, schema: Json, **more: Any) -> Json:
    """Moves the description from the schema to the parameter."""
    schema = dict(schema)
    described = {"name": name, "in": where, "required": where == "path"} | more
    if "description" in schema:
        described["description"] = schema.pop("description")
    described["schema"] = schema
    return described


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _name(status: HTTPStatus) -> str:
    return status.name.title().replace("_", "")


def _version() -> str:
    (version,) = re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    return str(version)


if __name__ == "__main__":
    main()
