"""docs/openapi.json says what the code does and what the template deploys."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness.entrypoints.http import Operation

OPERATIONS: dict[str, Operation] = {
    handler.operation.name: handler.operation for handler in openapi.handlers()
}
DOCUMENT = json.loads(openapi.FILE.read_text())
DESCRIBED: dict[str, dict[str, Any]] = {
    described["operationId"]: described
    for path in DOCUMENT["paths"].values()
    for described in path.values()
}
KEPT = {name: one.kept for name, one in OPERATIONS.items() if one.kept}
DERIVED = {errors.Invalid, errors.NotFound, errors.Unavailable}  # from what a route takes, or any


def test_the_document_is_what_the_code_says():
    assert openapi.FILE.read_text() == openapi.text(), "write it anew: make openapi"


def routes(template: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Method, path and authorizer of each function that the template puts behind the API."""
    found = {}
    default = template["Resources"]["Api"]["Properties"]["Auth"]["DefaultAuthorizer"]
    for resource in template["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                route = event["Properties"]
                name = resource["Properties"]["Handler"].removesuffix(".handler")
                authorizer = route.get("Auth", {}).get("Authorizer", default)
                found[name] = (route["Method"], route["Path"], authorizer)
    return found


def test_every_route_is_deployed_with_its_method_path_and_authorizer(template):
    declared = {
        name: (
            one.method,
            one.path,
            "NONE" if one.public else "Moderators" if one.moderators else "AWS_IAM",
        )
        for name, one in OPERATIONS.items()
    }
    assert routes(template) == declared


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


def test_every_reference_leads_somewhere_and_everything_is_referred_to():
    used = {one["$ref"] for one in schemas(DOCUMENT) if isinstance(one.get("$ref"), str)}
    components = DOCUMENT["components"]
    there = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in components[kind]
    }
    assert used == there


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_examples_are_what_the_code_takes_and_gives(name):
    operation, described = OPERATIONS[name], DESCRIBED[name]
    given = described["responses"][str(operation.status.value)]["content"]
    shown = [(operation.takes, described.get("requestBody", {}).get("content", {}))]
    shown.append((operation.gives, given))
    for model, content in shown:
        if isinstance(model, type) and issubclass(model, Message):
            (body,) = content.values()
            assert "example" in body, f"a text in {model.__name__} needs Field(examples=[...])"
            model.model_validate_json(json.dumps(body["example"]))


def test_path_parameters_are_of_the_shape_that_the_code_asks_for():
    for described in DESCRIBED.values():
        for parameter in described.get("parameters", ()):
            if parameter["in"] == "path":
                shape = (http.OURS | http.THEIRS)[parameter["name"]]
                assert parameter["schema"]["pattern"] == shape.pattern
                assert shape.fullmatch(parameter["schema"]["examples"][0])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_error_answer_has_the_one_shape(name):
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
    """Where this fails, name the error in the route's `raises`."""
    try:
        service = importlib.import_module(f"likeness.services.{name}")
    except ModuleNotFoundError:
        pytest.skip("a route without a service of its own")
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


def test_every_post_takes_a_key_and_nothing_else_does():
    taking = {
        name
        for name, described in DESCRIBED.items()
        if any(one["name"] == "Idempotency-Key" for one in described.get("parameters", ()))
    }
    assert taking == {name for name, one in OPERATIONS.items() if one.method == "POST"}


@pytest.mark.parametrize("name", sorted(KEPT))
def test_no_link_and_no_signed_form_is_ever_kept(name):
    """Where this fails, give the route `repeats=InPart(part, again)` or `Repeats.DONE_AGAIN`."""
    schema = TypeAdapter(KEPT[name].part).json_schema(mode="serialization")
    for part in schemas(schema):
        assert part.get("format") != "uri", f"{name} would store a link"
        assert not {"url", "fields"} & set(part.get("properties", ()))


def test_whoever_keeps_answers_has_the_table_and_nobody_else_does(template):
    """Where this fails: LIKENESS_IDEMPOTENCY_TABLE and the statement KeepAnswer, as elsewhere."""
    name = {"GetAtt": "Storage.Outputs.IdempotencyTableName"}
    arn = {"GetAtt": "Storage.Outputs.IdempotencyTableArn"}
    told, allowed = set(), set()
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        function = properties["Handler"].removesuffix(".handler")
        variables = properties.get("Environment", {}).get("Variables", {})
        if variables.get("LIKENESS_IDEMPOTENCY_TABLE") == name:
            told.add(function)
        for policy in properties.get("Policies", ()):
            for statement in policy["Statement"]:
                if statement["Resource"] == arn:
                    assert statement["Sid"] == "KeepAnswer"
                    allowed.add(function)
    assert told == allowed == set(KEPT)


def test_lists_come_in_pages():
    for name, one in OPERATIONS.items():
        if name.startswith("list_"):
            asked = {parameter["name"] for parameter in DESCRIBED[name]["parameters"]}
            assert {"limit", "cursor"} <= asked
            assert "next" in one.gives.model_fields
