"""docs/openapi.json matches the code and the deployed routes."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from docs import openapi
from likeness import events
from likeness.api.message import Message
from likeness.domain import errors
from likeness.domain.errors import ErrorKind
from likeness.domain.jobs.estimate import WORKING
from likeness.domain.jobs.job import BAD_ENDS, ENDED, FORWARD, FROM_ANY_STATE, JobState
from likeness.entrypoints import http
from tests.infra.documents import ROOT, of_type, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

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
        for kind in ("schemas", "responses", "headers")
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
            examples = [one["value"] for one in body.get("examples", {}).values()]
            if "example" in body:
                examples.append(body["example"])
            assert examples, f"a string in {model.__name__} needs Field(examples=[...])"
            for one in examples:
                model.model_validate_json(json.dumps(one))


def shown(name: str, status: str = "200") -> dict[str, Any]:
    content = DESCRIBED[name]["responses"][status]["content"]["application/json"]
    return {example: one["value"] for example, one in content["examples"].items()}


def test_there_is_an_example_of_a_job_in_each_state():
    assert [view["state"] for view in shown("get_job").values()] == list(JobState)


@pytest.mark.parametrize("state", list(JobState))
def test_the_example_of_a_job_does_not_contradict_itself(state):
    view = shown("get_job")[state]
    path = [entry["state"] for entry in view["timeline"]]
    ended = state in ENDED

    assert (path[0], path[-1]) == (JobState.OPEN, state)
    assert [entry["at"] for entry in view["timeline"]] == sorted(e["at"] for e in view["timeline"])
    for before, after in pairwise(path):
        allowed = FORWARD.get(before, set()) | FROM_ANY_STATE
        assert after in ({JobState.CANCELLED} if before == JobState.CANCELLING else allowed)
    assert (view["failure"] is not None) is (state is JobState.FAILED)
    assert (view["reason"] is not None) is (state in BAD_ENDS)
    assert (view["statement"] is not None) is (state is JobState.REFUSED)
    assert (view["photos_deleted_at"] is not None) is (view["deletion"] == "deleted") is ended
    assert (view["progress"] is not None) is (state in WORKING)
    assert bool(view["avatars"]) is (view["archive"] is not None) is (state is JobState.COMPLETED)
    assert len(view["avatars"]) in {0, view["avatars_asked"]}
    assert {avatar["style"] for avatar in view["avatars"]} <= set(view["styles"])
    quota = view["quota"]
    assert quota["used"] + quota["left"] == quota["limit"]
    held = [entry for entry in quota["entries"] if entry["state"] in {"reserved", "spent"}]
    assert len(held) == quota["used"]
    assert bool(quota["entries"]) is (JobState.MODERATING in path)
    for entry in quota["entries"]:
        assert (entry["settled_at"] is not None) is ended is (entry["state"] != "reserved")


# --- the document for people and generators -------------------------------------------------------


def test_every_tag_is_described_and_used():
    used = {tag for one in DESCRIBED.values() for tag in one["tags"]}

    assert used == {tag["name"] for tag in DOCUMENT["tags"]} <= set(openapi.TAGS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_described(name):
    """The handler's docstring: a summary, then what the operation does and what it costs."""
    described = DESCRIBED[name]

    assert 0 < len(described["summary"]) <= 100
    assert len(described["description"]) > 40


def test_no_schema_has_a_name_of_the_generator():
    assert [name for name in DOCUMENT["components"]["schemas"] if "-" in name] == []


def test_a_link_leads_to_an_operation_that_takes_the_id():
    links = [
        (name, link)
        for name, described in DESCRIBED.items()
        for answer in described["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for name, link in links:
        there = {one["name"] for one in DESCRIBED[link["operationId"]]["parameters"]}
        for parameter, expression in link["parameters"].items():
            assert parameter in there
            assert (
                expression.removeprefix("$response.body#/") in OPERATIONS[name].gives.model_fields
            )


def test_every_event_is_a_webhook_of_the_document():
    for kind, model in events.EVENTS.items():
        (sent,) = DOCUMENT["webhooks"][kind].values()
        schema = sent["requestBody"]["content"]["application/json"]["schema"]
        assert schema["properties"]["type"]["const"] == kind
        assert schema["properties"]["data"]["$ref"].endswith(f"/{model.__name__}")
    assert set(DOCUMENT["webhooks"]) == set(events.EVENTS)


# --- errors ---------------------------------------------------------------------------------------


def error_tree(kind: type[errors.LikenessError]) -> set[type[errors.LikenessError]]:
    return {kind}.union(*(error_tree(child) for child in kind.__subclasses__()))


def test_every_kind_is_an_error_class_with_a_documented_status():
    """docs/app-backend.md has a row for each: kind, status, and whether waiting helps."""
    page = (ROOT / "docs" / "app-backend.md").read_text() + (
        ROOT / "docs" / "review-desk.md"
    ).read_text()
    classes = openapi.error_classes()

    assert set(ErrorKind) - set(classes) == {ErrorKind.INTERNAL}
    for kind, raised in classes.items():
        assert raised.kind() is kind
        assert f"| {http.status_of(raised).value} | `{kind}` |" in page, f"{kind} has no row"
        assert openapi.inspect.getdoc(raised), f"{kind} has no docstring"


@pytest.mark.parametrize("kind", sorted(openapi.error_classes()))
def test_every_kind_is_an_error_of_an_operation(kind):
    """Conflict is the kind of what only the pipeline raises."""
    anywhere = {one for name in OPERATIONS for found in kinds(name).values() for one in found}

    assert kind in anywhere or kind is ErrorKind.CONFLICT


def kinds(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = DESCRIBED[name]["x-error-kinds"]
    return found


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_names_the_kinds_of_each_status(name):
    described = DESCRIBED[name]["responses"]

    assert set(kinds(name)) == {status for status in described if int(status) >= 400}
    for status, found in kinds(name).items():
        for kind in found:
            raised = openapi.error_classes().get(ErrorKind(kind))
            assert raised is None or http.status_of(raised).value == int(status)
            assert f"`{kind}`" in described[status]["description"]


def test_an_error_that_passes_has_a_retry_after_in_the_document():
    for kind in error_tree(errors.LikenessError):
        if kind.retry_after_s is not None:
            response = openapi.MEANS[http.status_of(kind)]
            headers = {
                name: answer.get("headers", {})
                for name, answer in DOCUMENT["components"]["responses"].items()
                if answer["description"] == response
            }
            assert all("Retry-After" in found for found in headers.values()), kind


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
    """If it fails, add the error to the route's `raises`. Only the pipeline raises Conflict."""
    function = importlib.import_module(HANDLERS[name].__module__)
    service = importlib.import_module(getattr(function, name).__module__)
    declared = {kind for found in kinds(name).values() for kind in found} | {ErrorKind.CONFLICT}
    for raised in _raised_by(service):
        kind = getattr(errors, raised)
        assert kind.kind() in declared, f"{name} raises {raised}"


LAYER = ROOT / "layers" / "likeness" / "likeness"
TREES = {
    path: ast.parse(path.read_text())
    for part in ("domain", "services")
    for path in sorted((LAYER / part).rglob("*.py"))
}
# Functions and methods of domain and services by name. Ports are not followed: what adapters raise
# is declared by hand, and the stack's test of the document checks every response.
DEFINED: dict[str, list[ast.FunctionDef]] = defaultdict(list)
for _tree in TREES.values():
    for _node in ast.walk(_tree):
        if isinstance(_node, ast.FunctionDef):
            DEFINED[_node.name].append(_node)
# Names that ports have too, and methods of a step of the pipeline.
PORTS = {
    node.name
    for path in (LAYER / "ports").glob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef)
} | {"settle", "move"}


def _raised_by(service: ModuleType) -> set[str]:
    """Names of the errors that a use case raises, by itself and by the functions that it calls."""
    module = ast.parse(inspect.getsource(service))
    waiting: list[ast.AST] = [n for n in module.body if isinstance(n, ast.FunctionDef)]
    seen: set[int] = set()
    found: set[str] = set()
    while waiting:
        code = waiting.pop()
        if id(code) in seen:
            continue
        seen.add(id(code))
        for node in ast.walk(code):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            if isinstance(getattr(errors, name, None), type) and name[0].isupper():
                found.add(name)
            elif name not in PORTS:
                waiting += DEFINED.get(name, [])
    return {name for name in found if issubclass(getattr(errors, name), errors.LikenessError)}


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
