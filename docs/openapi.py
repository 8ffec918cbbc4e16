"""docs/openapi.json: what the API takes and answers, generated from the code.

    make openapi

Every handler in functions/ says which route it is (`likeness.entrypoints.http.route`), and the
messages of `likeness.api.app` say what goes in and comes out; nothing is listed here a second time.
tests/unit/test_openapi.py fails where the file is not what this makes of the code.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from likeness.api.app import ErrorBody, Message
from likeness.domain import errors, ids
from likeness.entrypoints import http
from likeness.entrypoints.http import InPart, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.json_schema import JsonSchemaMode

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "openapi.json"
SCHEMAS = "#/components/schemas/"
Json = dict[str, Any]

ABOUT = """\
Photos in, avatars out, once a day; photos are deleted when the avatars are made.

The app backend signs every call with SigV4 (service `execute-api`). Moderators send the token of \
their sign-in. Answers may gain fields; a body or a query with a field that is not known is refused.

Every POST takes an `Idempotency-Key`, good for a day. The same request with the same key gets \
the same answer; another request with that key gets 422. Of two at once, one is done and the other \
gets its answer, or 409 `InProgress` where that takes longer than some seconds. An error is not \
kept.

Lists come in pages: `limit` says how many, `next` of one page is the `cursor` of the page after.

Errors have one shape (`Problem`). What API Gateway refuses before any code of ours runs has only \
a `message`.
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
# What each status means here, whichever route answers it.
MEANS = {
    HTTPStatus.BAD_REQUEST: "The request is wrong: the message names the field and what to do",
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is not valid",
    HTTPStatus.FORBIDDEN: "The caller may not do this, or the signature is missing or wrong",
    HTTPStatus.NOT_FOUND: "There is no such thing",
    HTTPStatus.CONFLICT: "It has moved on, or another request was first",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than API Gateway takes",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This Idempotency-Key was sent with another body or path",
    HTTPStatus.TOO_MANY_REQUESTS: "The day is taken, or there are too many calls: not now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something failed on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "Something is down for the moment: send the request again",
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
    """Every Lambda handler that is a route."""
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    found = [importlib.import_module(f"functions.{name}").handler for name in names]
    return [handler for handler in found if hasattr(handler, "operation")]


def statuses(operation: Operation) -> set[HTTPStatus]:
    """Every status of an error that the route can answer."""
    found = ANY_ROUTE | (set() if operation.public else {HTTPStatus.FORBIDDEN})
    found |= {http.status_of(kind) for kind in operation.raises}
    parameters = set(_names(operation.path))
    if operation.moderators:
        found.add(HTTPStatus.UNAUTHORIZED)
    if operation.takes:
        found.add(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if operation.takes or operation.query or operation.repeats or parameters & set(http.THEIRS):
        found.add(HTTPStatus.BAD_REQUEST)
    if parameters - set(http.THEIRS):
        found.add(HTTPStatus.NOT_FOUND)
    if operation.kept:
        found |= {http.status_of(errors.InProgress), http.status_of(errors.KeyReused)}
    return found


class _Described:
    """One operation of the document."""

    def __init__(
        self,
        operation: Operation,
        work: Callable[..., Any],
        refs: dict[tuple[type[BaseModel], JsonSchemaMode], Json],
        schemas: Json,
    ) -> None:
        self._operation = operation
        self._work = work
        self._refs = refs
        self._schemas = schemas

    def describe(self) -> Json:
        operation = self._operation
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
        """A picture is the body itself, of one of the types that are read."""
        takes = self._operation.takes
        if takes and issubclass(takes, Message):
            return {"application/json": self._content(takes, "validation")}
        return {kind: {"schema": {"contentMediaType": kind}} for kind in http.PICTURE_TYPES}

    def _path(self) -> Iterator[Json]:
        """A parameter is what its type in the handler is: a JobId is as `ids.JobIdField` says."""
        types = inspect.get_annotations(self._work, eval_str=True)
        for name in _names(self._operation.path):
            field = getattr(ids, f"{getattr(types.get(name), '__name__', '')}Field", str)
            yield _parameter(name, "path", TypeAdapter(field).json_schema())

    def _query(self) -> Iterator[Json]:
        if self._operation.query is None:
            return
        schema = self._operation.query.model_json_schema(schema_generator=_Schemas)
        for name, found in schema["properties"].items():
            either = found.pop("anyOf", [])  # a parameter that may be left out is never null
            given = [one for one in either if one.get("type") != "null"]
            default = {} if found.get("default") is None else {"default": found["default"]}
            found.pop("default", None)
            yield _parameter(name, "query", {**(given[0] if given else {}), **found, **default})

    def _key(self) -> Iterator[Json]:
        repeats = self._operation.repeats
        if repeats is None:
            return
        made = "its answer is made again of the same ids, forms and links signed anew"
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
            description="When the request comes again: "
            + (made if isinstance(repeats, InPart) else repeats.value),
        )

    def _answer(self) -> Json:
        operation = self._operation
        if issubclass(operation.gives, Message):
            content = self._content(operation.gives, "serialization")
        else:
            content = {"schema": {"type": "string", "contentMediaType": operation.media_type}}
        return {
            "description": operation.status.phrase,
            "content": {operation.media_type: content},
        }

    def _content(self, model: type[Message], mode: JsonSchemaMode) -> Json:
        ref = self._refs[model, mode]
        try:
            return {"schema": ref, "example": example(ref, self._schemas)}
        except NoExample:
            return {"schema": ref}


class NoExample(Exception):
    """A field has neither an example nor a type that makes a good one by itself."""


def example(schema: Json, schemas: Json) -> Any:  # noqa: C901, PLR0911 - one line for each kind
    """A value of that schema, made of the examples of its fields."""
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
    """Titles that only repeat a field's name are left out; an answer may gain fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's own
        return False

    def model_schema(self, schema: Any) -> Json:
        made = super().model_schema(schema)
        made.pop("title", None)
        if self.mode == "serialization":
            made.pop("additionalProperties", None)
        return made


def _schemas(
    operations: list[Operation],
) -> tuple[dict[tuple[type[BaseModel], JsonSchemaMode], Json], Json]:
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
        "description": "API Gateway's own errors: no code of ours was reached.",
        "properties": {"message": {"type": ["string", "null"]}},
        "required": ["message"],
    }
    return refs, schemas  # type: ignore[return-value]


def _responses(refs: dict[tuple[type[BaseModel], JsonSchemaMode], Json]) -> Iterator[Any]:
    ours, gateway = refs[ErrorBody, "serialization"], {"$ref": f"{SCHEMAS}GatewayError"}
    for status, means in MEANS.items():
        schema = ours
        if status in ONLY_GATEWAY:
            schema = gateway
        elif status in GATEWAY_TOO:
            schema = {"anyOf": [ours, gateway]}
        content = {"application/json": {"schema": schema}}
        yield _name(status), {"description": means, "content": content}


def _parameter(name: str, where: str, schema: Json, **more: Any) -> Json:
    """A parameter's description and examples stand beside its schema, not in it."""
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
