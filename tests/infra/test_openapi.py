"""docs/openapi.json matches the code and the deployed routes."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from docs import openapi
from likeness.api.app import Message
from likeness.domain import errors
from likeness.entrypoints import http
from tests.infra.documents import of_type, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness.entrypoints.http import Operation

HANDLERS = {handler.operation.name: handler for handler in openapi.handlers()}
OPERATIONS: dict[str, Operation] = {name: one.operation for name, one in HANDLERS.items()}
FILES = {name: one.__module__.rpartition(".")[2] for name, one in HANDLERS.items()}
DOCUMENT = json.loads(openapi.FILE.read_text())
DESCRIBED: dict[str, dict[str, Any]] = {
    described["operationId"]: described
    for path in DOCUMENT["paths"].values()
    for described in path.values()
}
STORED = {name: one.stored for name, one in OPERATIONS.items() if one.stored}
DERIVED = {
    errors.Invalid,
    errors.NotFound,
    errors.Unavailable,
}  # implied by a route's parameters, or by any route


def test_the_document_is_up_to_date():
    assert openapi.FILE.read_text() == openapi.text(), "run make generated"


def routes() -> dict[tuple[str, str], tuple[str, str]]:
    """Function file and authorizer of each route in the templates, by method and path."""
    templates = read_all()
    ((_, api),) = of_type(templates, "AWS::Serverless::HttpApi")
    assert "DefaultAuthorizer" not in api["Auth"]
    return {
        (route["Method"], route["Path"]): (
            function["Handler"].removesuffix(".handler"),
            route.get("Auth", {}).get("Authorizer", "NONE"),
        )
        for _, function in of_type(templates)
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
        for route in [event["Properties"]]
    }


def test_every_route_is_deployed_with_its_function_method_path_and_authorizer():
    assert routes() == {
        (one.method, one.path): (
            FILES[name],
            "NONE" if one.public else "Moderators" if one.moderators else "AWS_IAM",
        )
        for name, one in OPERATIONS.items()
    }


def test_every_route_is_described_with_its_own_security():
    schemes = {name: one["security"] for name, one in DESCRIBED.items()}
    assert schemes == {
        name: [] if one.public else [{"moderator" if one.moderators else "app_backend": []}]
        for name, one in OPERATIONS.items()
    }
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"moderator", "app_backend"}


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from schemas(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from schemas(inner)


def test_every_reference_resolves_and_every_component_is_used():
    used = {one["$ref"] for one in schemas(DOCUMENT) if isinstance(one.get("$ref"), str)}
    components = DOCUMENT["components"]
    defined = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in components[kind]
    }
    assert used == defined


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_examples_are_valid(name):
    operation, described = OPERATIONS[name], DESCRIBED[name]
    given = described["responses"][str(operation.status.value)]["content"]
    shown = [(operation.takes, described.get("requestBody", {}).get("content", {}))]
    shown.append((operation.gives, given))
    for model, content in shown:
        if isinstance(model, type) and issubclass(model, Message):
            (body,) = content.values()
            assert "example" in body, f"a string in {model.__name__} needs Field(examples=[...])"
            model.model_validate_json(json.dumps(body["example"]))


def test_path_parameters_have_the_patterns_of_the_code():
    for described in DESCRIBED.values():
        for parameter in described.get("parameters", ()):
            if parameter["in"] == "path":
                shape = (http.OUR_IDS | http.CALLER_IDS)[parameter["name"]]
                assert parameter["schema"]["pattern"] == shape.pattern
                assert shape.fullmatch(parameter["schema"]["examples"][0])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_error_response_has_the_same_shape(name):
    problems = {
        status: answer["$ref"].rpartition("/")[2]
        for status, answer in DESCRIBED[name]["responses"].items()
        if int(status) >= 400
    }
    refused = set() if OPERATIONS[name].public else {"403"}
    assert {"429", "500", "503"} | refused <= set(problems)
    for response in problems.values():
        (content,) = DOCUMENT["components"]["responses"][response]["content"].values()
        refs = {one["$ref"].rpartition("/")[2] for one in schemas(content) if "$ref" in one}
        assert refs <= {"ErrorBody", "GatewayError"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_error_that_a_use_case_raises_is_declared_by_its_route(name):
    """If it fails, add the error to the route's `raises`."""
    function = importlib.import_module(HANDLERS[name].__module__)
    service = importlib.import_module(getattr(function, name).__module__)
    statuses = openapi.statuses(OPERATIONS[name])
    for raised in _raised(ast.parse(inspect.getsource(service))):
        kind = getattr(errors, raised, None)
        if kind and kind not in DERIVED:
            assert http.status_of(kind) in statuses, f"{name} raises {raised}"


def _raised(code: ast.AST) -> Iterator[str]:
    for node in ast.walk(code):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            function = node.exc.func
            yield function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


# --- Idempotency-Key ----------------------------------------------------------------------------


def test_only_posts_accept_a_key():
    taking = {
        name
        for name, described in DESCRIBED.items()
        if any(one["name"] == "Idempotency-Key" for one in described.get("parameters", ()))
    }
    assert taking == {name for name, one in OPERATIONS.items() if one.method == "POST"}


@pytest.mark.parametrize("name", sorted(STORED))
def test_no_presigned_url_or_post_is_stored(name):
    """If it fails, set `on_repeat` of the route to a StoredPart or to OnRepeat.RUN_AGAIN."""
    schema = TypeAdapter(STORED[name].part).json_schema(mode="serialization")
    for part in schemas(schema):
        assert part.get("format") != "uri", f"{name} would store a URL"
        assert not {"url", "fields"} & set(part.get("properties", ()))


def test_exactly_the_functions_that_store_responses_have_the_idempotency_table():
    with_table = {
        function["Handler"].removesuffix(".handler")
        for _, function in of_type(read_all())
        if "LIKENESS_IDEMPOTENCY_TABLE" in function.get("Environment", {}).get("Variables", {})
    }
    assert with_table == {FILES[name] for name in STORED}


def test_lists_are_paged():
    for name, one in OPERATIONS.items():
        if name.startswith("list_"):
            parameters = {parameter["name"] for parameter in DESCRIBED[name]["parameters"]}
            assert {"limit", "cursor"} <= parameters
            assert "next" in one.gives.model_fields
