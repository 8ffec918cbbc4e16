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

from likeness.api.app import ErrorBody, Message
from likeness.domain import errors, ids
from likeness.entrypoints import http
from likeness.entrypoints.http import Operation, StoredPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.json_schema import JsonSchemaMode

    Refs = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "openapi.json"
SCHEMAS = "#/components/schemas/"
Json = dict[str, Any]

ABOUT = """\
Photos in, avatars out, once a day; photos are deleted when the avatars are made.

The app backend signs each call with SigV4 (service `execute-api`). Moderators send the ID token \
of their sign-in. Responses may gain fields; a body or query with an unknown field is refused.

Every POST accepts an `Idempotency-Key`, valid for a day. The same request with the same key gets \
the same response; a different request with that key gets 422. Of two concurrent requests, one \
runs and the other gets its response, or 409 `InProgress` if that takes more than a few seconds. \
Errors are not stored.

Lists are paged: `limit` is the size of a page, and `next` of one page is the `cursor` of the next.

Errors have one shape (`ErrorBody`). After 409 `PhotosBeingChecked` send the same request again \
when `Retry-After` says. Requests that API Gateway itself refuses have only a `message`.
"""
SECURITY = {
    "app_backend": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4, service `execute-api`",
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
    HTTPStatus.UNPROCESSABLE_ENTITY: "This Idempotency-Key was used with another body or path",
    HTTPStatus.TOO_MANY_REQUESTS: "The quota of the day is used, or there are too many calls",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Internal error",
    HTTPStatus.SERVICE_UNAVAILABLE: "A dependency is unavailable: send the request again",
}
RETRY_AFTER = {
    "description": "Seconds until the same request may succeed; absent if it cannot",
    "schema": {"type": "integer"},
}
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
        "info": {"title": "Likeness", "version": _version(), "description": ABOUT},
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": "The stack's output ApiUrl",
                "variables": {"api": {"default": "api"}, "region": {"default": "eu-central-1"}},
            }
        ],
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY,
            "schemas": schemas,
            "responses": dict(_responses(refs)),
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


def statuses(operation: Operation) -> set[HTTPStatus]:
    """All error statuses that the route can return."""
    found = ANY_ROUTE | (set() if operation.public else {HTTPStatus.FORBIDDEN})
    found |= {http.status_of(kind) for kind in operation.raises}
    parameters = set(_names(operation.path))
    if operation.moderators:
        found.add(HTTPStatus.UNAUTHORIZED)
    if operation.takes:
        found.add(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if (
        operation.takes
        or operation.query
        or operation.on_repeat
        or parameters & set(http.CALLER_IDS)
    ):
        found.add(HTTPStatus.BAD_REQUEST)
    if parameters - set(http.CALLER_IDS):
        found.add(HTTPStatus.NOT_FOUND)
    if operation.stored:
        found |= {http.status_of(errors.InProgress), http.status_of(errors.KeyReused)}
    return found


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
        described: Json = {
            "operationId": operation.name,
            "tags": [operation.path.split("/")[2]],
            "summary": operation.summary.partition("\n")[0],
            "security": [] if operation.public else [{scheme: []}],
        }
        if parameters := [*self._path(), *self._query(), *self._key()]:
            described["parameters"] = parameters
        if operation.takes:
            described["requestBody"] = {"required": True, "content": self._body()}
        described["responses"] = {str(operation.status.value): self._answer()} | {
            str(status.value): {"$ref": f"#/components/responses/{_name(status)}"}
            for status in sorted(statuses(operation))
        }
        return described

    def _body(self) -> Json:
        """A picture is the whole body, in one of the accepted types."""
        takes = self.operation.takes
        if takes and issubclass(takes, Message):
            return {"application/json": self._content(takes, "validation")}
        return {kind: {"schema": {"contentMediaType": kind}} for kind in http.PICTURE_TYPES}

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
        made = "the response has the same ids, and new presigned URLs and POSTs"
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
            + (made if isinstance(on_repeat, StoredPart) else on_repeat.value),
        )

    def _answer(self) -> Json:
        operation = self.operation
        if issubclass(operation.gives, Message):
            content = self._content(operation.gives, "serialization")
        else:
            content = {"schema": {"type": "string", "contentMediaType": operation.media_type}}
        return {
            "description": operation.status.phrase,
            "content": {operation.media_type: content},
        }

    def _content(self, model: type[Message], mode: JsonSchemaMode) -> Json:
        ref = self.refs[model, mode]
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
    ]
    refs, found = models_json_schema(
        wanted, ref_template=SCHEMAS + "{model}", schema_generator=_Schemas
    )
    schemas = dict(sorted(found["$defs"].items()))
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
        if status is HTTPStatus.CONFLICT:
            described["headers"] = {"Retry-After": RETRY_AFTER}
        yield _name(status), described


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
