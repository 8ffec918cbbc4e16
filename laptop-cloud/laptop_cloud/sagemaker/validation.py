"""Refuses a request as AWS does, by botocore's model of the API."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from laptop_cloud.sagemaker.errors import Refused, invalid

_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}
# Classes of Java's regular expressions that Python does not have.
_JAVA = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{Alnum}": "a-zA-Z0-9"}
_HOSTING = ("Model", "EndpointConfig", "Endpoint")
_OPERATIONS = frozenset(
    {"CreateTrainingJob", "DescribeTrainingJob", "ListTrainingJobs", "StopTrainingJob"}
    | {f"{verb}{noun}" for verb in ("Create", "Describe", "Delete") for noun in _HOSTING}
    | {"UpdateEndpoint"}
)


def validate(operation: str, payload: dict[str, Any]) -> None:
    """Raise AWS's error for a member that is missing, of the wrong type or out of bounds."""
    shape = _model().operation_model(operation).input_shape
    faults = list(_faults(shape, payload, "")) if shape else []
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise invalid(count + "; ".join(faults))


@cache
def _model() -> ServiceModel:
    """Only the shapes of these operations: the whole model has tens of megabytes."""
    whole = botocore.session.Session().get_component("data_loader")
    description = whole.load_service_model("sagemaker", "service-2")
    operations = {name: description["operations"][name] for name in _OPERATIONS}
    shapes: dict[str, Any] = {}
    wanted = [operation["input"]["shape"] for operation in operations.values()]
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = description["shapes"][name]
            wanted.extend(_names_in(shapes[name]))
    return ServiceModel(
        {"metadata": description["metadata"], "operations": operations, "shapes": shapes},
        "sagemaker",
    )


def _names_in(shape: Mapping[str, Any]) -> Iterator[str]:
    references = [shape.get(part) for part in ("member", "key", "value")]
    references += shape.get("members", {}).values()
    return (reference["shape"] for reference in references if reference)


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    fits = isinstance(value, _JSON_TYPES[shape.type_name])
    if not fits or (isinstance(value, bool) and shape.type_name != "boolean"):
        raise Refused(
            "SerializationException", f"Value at '{path or 'request'}' must be a {shape.type_name}"
        )
    yield from _bound_faults(shape, value, path)
    yield from _inner_faults(shape, value, path)


def _inner_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_faults(shape, value, path)
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value, start=1):
            yield from _faults(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path}.key")
            yield from _faults(shape.value, item, f"{path}.{key}.value")


def _structure_faults(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
        if value.get(name) is not None:
            yield from _faults(member, value[name], inner)
        elif name in shape.required_members:
            yield _fault(None, inner, "Member must not be null")


def _bound_faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """A bound that the model does not have is not checked."""
    rules = shape.metadata
    sized = shape.type_name in {"string", "list", "map"}
    size, noun = (len(value), "length ") if sized else (value, "value ")
    if "min" in rules and size < rules["min"]:
        yield _fault(value, path, f"Member must have {noun}greater than or equal to {rules['min']}")
    if "max" in rules and size > rules["max"]:
        yield _fault(value, path, f"Member must have {noun}less than or equal to {rules['max']}")
    if "enum" in rules and value not in rules["enum"]:
        known = ", ".join(rules["enum"])
        yield _fault(value, path, f"Member must satisfy enum value set: [{known}]")
    pattern = rules.get("pattern", "")
    if pattern and not re.fullmatch(_in_python(pattern), value, re.DOTALL):
        yield _fault(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _fault(value: Any, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {rule}"


@cache
def _in_python(pattern: str) -> str:
    for java, python in _JAVA.items():
        pattern = pattern.replace(java, python)
    return pattern
