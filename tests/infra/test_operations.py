"""Functions, use cases and API operations: one name, in every place that has to know it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs import openapi
from tests.infra.documents import of_type, read, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
SERVICES = ROOT / "layers" / "likeness" / "likeness" / "services"
COMMANDS = {"replay_policy", "switch", "verify_audit"}  # run from a shell: likeness/commands/
ADAPTERS = {"bootstrap", "policy_files", "pictures"}  # what a handler passes on
FILES = sorted(FUNCTIONS.glob("[!_]*.py"))


def definitions(file: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef))


def handlers(file: Path) -> dict[str, ast.FunctionDef]:
    """The handlers of a file by the names of their use cases."""
    found = [node for node in definitions(file) if node.decorator_list]
    return {
        file.stem if node.name == "handler" else node.name.removesuffix("_handler"): node
        for node in found
    }


HANDLERS = {name: node for file in FILES for name, node in handlers(file).items()}
USE_CASES = {  # other modules of services/ are helpers
    file.stem: f"likeness.services.{file.parent.name}.{file.stem}"
    for file in SERVICES.glob("*/*.py")
    if any(node.name == file.stem for node in definitions(file))
}


# --- a function calls its use cases with their adapters -------------------------------------------


def statements(function: ast.FunctionDef) -> list[ast.stmt]:
    """A function's body without its docstring and its log lines."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return [one for one in body if not ast.unparse(one).startswith("logger.")]


def only_call(function: ast.FunctionDef) -> ast.Call | None:
    """The call that a function consists of: returned, or assigned and returned, or alone."""
    match statements(function):
        case [ast.Return(value=ast.Call() as call)] | [ast.Expr(value=ast.Call() as call)]:
            return call
        case [
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call),
            ast.Return(value=ast.Name(id=returned)),
        ] if name == returned:
            return call
    return None


def root(argument: ast.expr) -> str:
    """`bootstrap` of `bootstrap.settings().lease`."""
    match argument:
        case ast.Attribute(value=inner) | ast.Call(func=inner):
            return root(inner)
    return ast.unparse(argument)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_handler_is_its_docstring_and_one_call_of_its_use_case(file):
    module = ast.parse(file.read_text())
    imported = {
        alias.name: node.module
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    private = {node.name for node in definitions(file) if not node.decorator_list}
    assert ast.get_docstring(module), "the file does not say what triggers it"
    for name, function in handlers(file).items():
        call = only_call(function)
        assert call, f"{name}: the handler does more than one call"
        assert ast.unparse(call.func) == name, f"{name}: the handler calls another function"
        assert imported[name] == USE_CASES.get(name), f"{name}: no use case of that name"
        allowed = ADAPTERS | private | {argument.arg for argument in function.args.args}
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
            assert root(argument) in allowed, f"{name}: {ast.unparse(argument)} is no adapter"
    for function in definitions(file):
        assert only_call(function), f"{function.name} does more than one call"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_with_several_handlers_serves_all_of_them(file):
    functions = [node.name for node in definitions(file) if node.decorator_list]
    if functions != ["handler"]:
        (grouped,) = [
            node.value
            for node in ast.parse(file.read_text()).body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        ]
        served = ast.unparse(grouped).removeprefix("routes(").removesuffix(")").split(", ")
        assert sorted(served) == sorted(functions), "routes(...) does not name every handler"


def test_every_use_case_has_one_handler_and_every_handler_a_use_case():
    assert set(HANDLERS) == set(USE_CASES) - COMMANDS
    assert sum(len(handlers(file)) for file in FILES) == len(HANDLERS)
    commands = {file.stem for file in (SERVICES.parent / "commands").glob("*.py")}
    assert commands >= COMMANDS


# --- an operation of the API is in every place ----------------------------------------------------


def routed() -> set[str]:
    """Operations of the templates' routes; a route without an operation stands for itself."""
    names = {one.operation.key: one.operation.name for one in openapi.handlers()}
    keys = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for _, function in of_type(read_all())
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    return {names.get(key, key) for key in keys}


def called_on_the_stack() -> set[str]:
    """REACHED and UNREACHED of the stack test, which has imports that this environment lacks."""
    code = ast.parse((ROOT / "tests" / "stack" / "test_openapi.py").read_text())
    assigned = {
        target.id: node.value
        for node in code.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {name for key in ("REACHED", "UNREACHED") for name in ast.literal_eval(assigned[key])}


def documented(paths: Mapping[str, str]) -> set[str]:
    """Operations whose path is in a document for people; parameters may have other names there."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    return {
        name
        for name, path in paths.items()
        if re.search(re.sub(r"\\\{\w+\\\}", r"\\{\\w+\\}", re.escape(path)) + r"(?![\w/{])", text)
    }


def missing(places: Mapping[str, Set[str]]) -> list[str]:
    """A line for each operation that is in one place and not in another."""
    everywhere = sorted(set().union(*places.values()))
    return [
        f"{name}: missing in {place}"
        for name in everywhere
        for place, names in places.items()
        if name not in names
    ]


def test_an_operation_is_in_every_place():
    paths = {one.operation.name: one.operation.path for one in openapi.handlers()}
    described: dict[str, Any] = json.loads(openapi.FILE.read_text())["paths"]
    steps = set(HANDLERS) - set(paths) | COMMANDS  # are no operations of the API
    places = {
        "functions/: add a @route": set(paths),
        "likeness/services/<subject>/: add the use case": set(USE_CASES) - steps,
        "infra/api.yaml: add an HttpApi event to the function": routed(),
        "docs/openapi.json: run make generated": {
            one["operationId"] for path in described.values() for one in path.values()
        },
        "tests/stack/test_openapi.py: add it to REACHED or UNREACHED": called_on_the_stack(),
        "README.md or docs/*.md: name its path": documented(paths),
    }
    if lines := missing(places):
        pytest.fail("\n".join(lines))


def test_what_is_missing_is_named():
    places = {"functions/": {"get_job", "get_time"}, "infra/": {"get_job", "GET /v1/weather"}}

    assert missing(places) == [
        "GET /v1/weather: missing in functions/",
        "get_time: missing in infra/",
    ]


# --- an operation answers before its caller gives up ----------------------------------------------

CONNECT_S = 2  # of a call, at most
PAUSES_S = 3  # between three attempts, at most: 1 and 2 s (botocore's retries/standard.py)
INTEGRATION_S = 30  # "Quotas for configuring and running an HTTP API"


def test_a_call_that_hangs_ends_before_its_function_and_the_function_before_the_api() -> None:
    """Otherwise the app gets API Gateway's own 500 or 503, without a reason."""
    template = read("infra/api.yaml")
    common = template["Globals"]["Function"]
    variables = common["Environment"]["Variables"]
    assert variables["LIKENESS_CALL_ATTEMPTS"] == "3"
    call = CONNECT_S + 3 * int(variables["LIKENESS_CALL_SECONDS"]) + PAUSES_S

    times = {
        name: function.get("Timeout", common["Timeout"])
        for name, function in of_type({"infra/api.yaml": template})
    }

    assert {name for name, seconds in times.items() if not call <= seconds < INTEGRATION_S} == set()
