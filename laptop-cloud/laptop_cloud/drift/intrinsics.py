"""Resolves CloudFormation's intrinsic functions with the physical ids of a stack."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
NOTHING = object()  # AWS::NoValue: the property does not exist


class Unresolvable(Exception):
    """The expression is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`names` are parameters, pseudo parameters and the Ref of each resource."""

    names: Mapping[str, Any]
    attribute: Callable[[str, str], Any]  # of a resource, for Fn::GetAtt
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, condition: str) -> bool:
        return bool(resolve(self.conditions[condition], self))


def parameter(declared: Mapping[str, Any], value: Any) -> Any:
    """A parameter's value as Ref returns it: of a list type the items."""
    is_list = declared["Type"] == "CommaDelimitedList" or declared["Type"].startswith("List<")
    return [one.strip() for one in str(value).split(",")] if is_list else value


def resolve(value: Any, scope: Scope) -> Any:
    """A template's value with intrinsic functions resolved; raises Unresolvable."""
    if isinstance(value, list):
        items = [resolve(item, scope) for item in value]
        return [item for item in items if item is not NOTHING]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if function := FUNCTIONS.get(name):
            return function(argument, scope)
        if name.startswith("Fn::"):
            raise Unresolvable(name)
    found = {key: resolve(item, scope) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not NOTHING}


def _ref(name: str, scope: Scope) -> Any:
    if name == "AWS::NoValue":
        return NOTHING
    if name not in scope.names:
        raise Unresolvable(f"Ref {name}")
    return scope.names[name]


def _get_att(argument: Any, scope: Scope) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(parts[0], resolve(parts[1], scope))


def _sub(argument: Any, scope: Scope) -> str:
    text, given = (argument, {}) if isinstance(argument, str) else argument

    def variable(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        if name in given:
            return str(resolve(given[name], scope))
        found = _ref(name, scope) if name in scope.names else None
        return str(_get_att(name, scope) if found is None else found)

    return VARIABLE.sub(variable, text)


def _join(argument: Any, scope: Scope) -> str:
    separator, parts = argument
    return str(separator).join(str(part) for part in resolve(parts, scope))


def _if(argument: Any, scope: Scope) -> Any:
    condition, yes, no = argument
    return resolve(yes if scope.holds(condition) else no, scope)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    name, first, second = (resolve(part, scope) for part in argument)
    return scope.mappings[name][first][second]


def _select(argument: Any, scope: Scope) -> Any:
    index, items = (resolve(part, scope) for part in argument)
    return items[int(index)]


def _split(argument: Any, scope: Scope) -> list[str]:
    separator, text = (resolve(part, scope) for part in argument)
    return str(text).split(separator)


def _equals(argument: Any, scope: Scope) -> bool:
    left, right = (resolve(part, scope) for part in argument)
    return str(left) == str(right)


FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not resolve(argument[0], scope),
    "Fn::And": lambda argument, scope: all(resolve(part, scope) for part in argument),
    "Fn::Or": lambda argument, scope: any(resolve(part, scope) for part in argument),
    "Condition": lambda argument, scope: scope.holds(argument),
}
