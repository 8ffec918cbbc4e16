"""The state machines: each state is reached, each path it reads exists, each call is supported.

Step Functions checks a definition's structure when the machine is created, and paths only when a
state runs. cfn-lint checks the structure (rule E3601).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from infra.preflight.findings import Finding
from infra.preflight.stacks import MACHINE, ROOT, SUBSTITUTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.preflight.stacks import Stack

# What every execution's input has.
INPUTS = {"infra/pipeline.asl.yaml": ("job_id",), "infra/erasure.asl.yaml": ("erasure_id",)}
# The fields that an optimised integration takes; it refuses others when the machine is created
# ("Invoke an AWS Lambda function with Step Functions").
LAMBDA = {"FunctionName", "Payload", "ClientContext", "InvocationType", "Qualifier"}
INTEGRATIONS = {"lambda:invoke": LAMBDA, "lambda:invoke.waitForTaskToken": LAMBDA}
STATE_NAME = 80  # characters
DEFINITION_BYTES = 1_048_576
INTRINSICS = {
    f"States.{name}"
    for name in (
        *("Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange"),
        *("ArrayUnique", "Base64Decode", "Base64Encode", "Format", "Hash", "JsonMerge"),
        *("JsonToString", "MathAdd", "MathRandom", "StringSplit", "StringToJson", "UUID"),
    )
}
NESTED = 10  # intrinsic functions in each other
CONTEXT = ("Execution.", "State.", "StateMachine.", "Task.Token")
KNOWN_TYPES = {"Choice", "Fail", "Map", "Pass", "Succeed", "Task", "Wait"}
UNKNOWN_FIELDS = {"InputPath", "OutputPath", "QueryLanguage", "Assign", "Arguments", "Output"}
UNKNOWN_FIELDS |= {"ItemReader", "ItemSelector", "ItemBatcher", "ResultWriter", "Iterator"}
LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/]{1,40}")  # of a distributed Map
PATHS = ("SecondsPath", "TimestampPath", "TimeoutSecondsPath", "CausePath", "ErrorPath")
PATH = re.compile(r"(?<![\w$])\$\.([\w.]+)")

# Paths of a state's input; True where any field may follow, because a function chose them.
Shape = dict[str, bool]


def check(stacks: list[Stack]) -> Iterator[Finding]:
    for stack in stacks:
        for name, properties in stack.of_type(MACHINE):
            if name in stack.machines:
                file = stack.machines[name].relative_to(ROOT).as_posix()
                given = properties.get("DefinitionSubstitutions", {})
                yield from machine(file, stack.machines[name].read_text(), given)


def machine(file: str, text: str, given: Mapping[str, Any]) -> Iterator[Finding]:
    for name in sorted(set(SUBSTITUTION.findall(text)) ^ set(given)):
        yield Finding(file, f"${{{name}}} is used without a value, or has a value without a use")
    definition = substituted(text, given)
    if len(text.encode()) > DEFINITION_BYTES:
        yield Finding(file, f"the definition has more than {DEFINITION_BYTES} bytes")
    yield from steps(file, definition, dict.fromkeys(INPUTS.get(file, ()), True))


def steps(file: str, definition: dict[str, Any], given: Shape) -> Iterator[Finding]:
    """The states of a machine, or of a Map's item processor."""
    states = definition["States"]
    inputs = shapes(definition, given)
    for name, state in states.items():
        where = f"{file} {name}"
        for problem in (*structure(states, name, state), *call(state), *functions(state)):
            yield Finding(where, problem)
        if processor := state.get("ItemProcessor"):  # an item may have any fields
            yield from steps(where, processor, {"": True})
        if name not in inputs:
            yield Finding(where, "no state leads here: delete it, or name it in a Next")
            continue
        for path in reads(state):
            if not exists(inputs[name], path):
                yield Finding(where, f"$.{path} does not exist on every way that leads here")


def substituted(text: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with its ${substitutions}, in the text as CloudFormation does it."""
    filled = SUBSTITUTION.sub(lambda match: str(given.get(match[1], match[0])), text)
    return dict(yaml.safe_load(filled))


def structure(states: Mapping[str, Any], name: str, state: dict[str, Any]) -> Iterator[str]:
    if len(name) > STATE_NAME:
        yield f"the name has more than {STATE_NAME} characters"
    if state["Type"] not in KNOWN_TYPES or UNKNOWN_FIELDS & set(state):
        yield "uses a type or field that this check does not follow: teach it machines.py"
    for target, _ in targets(state):
        if target not in states:
            yield f"leads to {target}, which does not exist"
    if state["Type"] == "Map" and not LABEL.fullmatch(state.get("Label", "")):
        yield "a distributed Map needs a Label that Step Functions accepts: its role names it"
    for part in ("Retry", "Catch"):
        for number, one in enumerate(state.get(part, ()), 1):
            if "States.ALL" in one["ErrorEquals"]:
                last = number == len(state[part])
                if not last or len(one["ErrorEquals"]) > 1:
                    yield f"States.ALL stands alone, in the last {part}"


def call(state: dict[str, Any]) -> Iterator[str]:
    """What a Task's service integration refuses."""
    if state["Type"] != "Task":
        return
    resource = re.sub(r"^arn:[^:]+:states:::", "", state["Resource"])
    if resource not in INTEGRATIONS:
        yield f"{resource}: add the fields that its documentation lists to INTEGRATIONS"
        return
    fields = {one.removesuffix(".$") for one in state.get("Parameters", {})}
    for field in sorted(fields - INTEGRATIONS[resource]):
        yield f"{resource} takes no {field}"
    waits = resource.endswith(".waitForTaskToken")
    if waits != ("$$.Task.Token" in str(state.get("Parameters"))):
        yield "only a task that waits for its token passes $$.Task.Token on, and it must"


def functions(state: dict[str, Any]) -> Iterator[str]:
    """Values of fields that end with .$: paths, the context, or intrinsic functions."""
    for text in dynamic(state):
        if not text.startswith(("$", "States.")):
            yield f"{text} is neither a path nor an intrinsic function"
        for name in re.findall(r"States\.\w+", text):
            if name not in INTRINSICS:
                yield f"there is no intrinsic function {name}"
        depth = deepest = 0
        for character in re.sub(r"'(\\.|[^'])*'", "", text):
            depth += {"(": 1, ")": -1}.get(character, 0)
            deepest = max(deepest, depth)
        if deepest > NESTED:
            yield f"intrinsic functions are nested {deepest} deep; at most {NESTED} are allowed"
        for path in re.findall(r"\$\$\.([\w.]+)", text):
            if not path.startswith(CONTEXT):
                yield f"the context object has no {path}"


def dynamic(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from dynamic(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key.endswith(".$"):
                yield str(one)
            elif key != "ItemProcessor":
                yield from dynamic(one)


def reads(state: dict[str, Any]) -> list[str]:
    """The paths of its input that a state needs."""
    found = []
    for text in dynamic(state.get("Parameters", {})):
        found += PATH.findall(text)
    for field in ("ItemsPath", *PATHS):
        found += PATH.findall(str(state.get(field, "")))
    for rule in state.get("Choices", ()):
        tested = tuple(present(rule))
        found += [one for one in variables(rule) if one not in tested]
    return sorted(set(found))


def variables(rule: Any) -> Iterator[str]:
    if isinstance(rule, list):
        for one in rule:
            yield from variables(one)
    elif isinstance(rule, dict):
        for key, one in rule.items():
            if key == "Variable" or (key.endswith("Path") and isinstance(one, str)):
                yield one.removeprefix("$.")
            else:
                yield from variables(one)


def present(rule: dict[str, Any]) -> Iterator[str]:
    """The paths that exist where the rule matches."""
    for one in (rule, *rule.get("And", ())):
        if one.get("IsPresent") is True:
            yield one["Variable"].removeprefix("$.")


def targets(state: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each next state, with the Catch or rule that leads there."""
    for one in ("Next", "Default"):
        if one in state:
            yield state[one], {}
    for one in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield one["Next"], one


def shapes(definition: dict[str, Any], given: Shape) -> dict[str, Shape]:
    """The input of each state that is reached: what it has on every way."""
    start = definition["StartAt"]
    found: dict[str, Shape] = {start: given}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        state = definition["States"][name]
        for target, by in targets(state):
            if target not in definition["States"]:
                continue
            arriving = leaving(state, found[name], by)
            if target in found:
                arriving = common(found[target], arriving)
            if target not in found or arriving != found[target]:
                found[target] = arriving
                waiting.append(target)
    return found


def leaving(state: dict[str, Any], shape: Shape, by: dict[str, Any]) -> Shape:
    """The data after a state, on the way of a Catch, of a rule, or of its result."""
    if "ErrorEquals" in by:
        return put(shape, by.get("ResultPath", "$"), {"Error": True, "Cause": True})
    if by:
        return {**shape, **{one: True for path in present(by) for one in prefixes(path)}}
    if state["Type"] in {"Map", "Task"}:
        result = state.get("ResultSelector")
        return put(shape, state.get("ResultPath", "$"), None if result is None else fields(result))
    if state["Type"] == "Pass" and {"Result", "Parameters"} & set(state):
        result = state.get("Result", state.get("Parameters"))
        return put(shape, state.get("ResultPath", "$"), fields(result))
    return shape


def fields(value: Any, before: str = "") -> Shape:
    """The paths of a literal; what a path or function gives may have any fields."""
    found: Shape = {}
    if isinstance(value, dict):
        for key, one in value.items():
            path = f"{before}{key.removesuffix('.$')}"
            found[path] = key.endswith(".$")
            found |= fields(one, f"{path}.")
    return found


def put(shape: Shape, path: str | None, result: Shape | None) -> Shape:
    """The data with a result at a path; None for a result that may have any fields."""
    if path is None:
        return shape
    if path == "$":
        return {"": True} if result is None else result
    at = path.removeprefix("$.")
    kept = {one: free for one, free in shape.items() if one != at and not one.startswith(f"{at}.")}
    added = {f"{at}.{one}": free for one, free in (result or {}).items()}
    return {**kept, **dict.fromkeys(prefixes(at)[:-1], False), at: result is None, **added}


def common(one: Shape, other: Shape) -> Shape:
    """What both ways have."""
    return {
        path: free(one, path) and free(other, path)
        for path in {**one, **other}
        if exists(one, path) and exists(other, path)
    }


def exists(shape: Shape, path: str) -> bool:
    return path in shape or free(shape, path)


def free(shape: Shape, path: str) -> bool:
    return any(shape.get(one) for one in ("", *prefixes(path)))


def prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
