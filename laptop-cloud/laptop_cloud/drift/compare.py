"""Compares the properties of a resource in a template with what its service returns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICIES = frozenset(
    {"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicyDocument"}
)


@dataclass(frozen=True, slots=True)
class Difference:
    resource: str  # its logical id, after those of the outer stacks
    prop: str
    wanted: Any
    got: Any  # None if the service returns nothing

    def __str__(self) -> str:
        found = "nothing" if self.got is None else json.dumps(self.got, default=str)
        wanted = json.dumps(self.wanted, default=str)
        return f"{self.resource}: {self.prop} should be {wanted} and is {found}"


def differences(resource: str, wanted: Any, got: Any, path: str = "") -> Iterator[Difference]:
    """Every property that was dropped or changed. Properties that a service adds are ignored."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            inner = f"{path}.{name}" if path else name
            if name in POLICIES:
                yield from _same(resource, statements(value), statements(got.get(name)), inner)
            else:
                yield from differences(resource, value, got.get(name), inner)
    else:
        yield from _same(resource, wanted, got, path)


def _same(resource: str, wanted: Any, got: Any, path: str) -> Iterator[Difference]:
    if not agrees(wanted, got):
        yield Difference(resource, path, wanted, got)


def agrees(wanted: Any, got: Any) -> bool:
    """Equal for CloudFormation: numbers and booleans may be text, lists are unordered."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return False
        return all(agrees(value, got.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(wanted) != len(got):
            return False
        left = list(got)
        for item in wanted:
            match = next((one for one in left if agrees(item, one)), None)
            if match is None:
                return False
            left.remove(match)
        return True
    return _text(wanted) == _text(got)


def statements(policy: Any) -> Any:
    """A policy's statements, with lists where a single value is allowed."""
    if isinstance(policy, str):
        policy = json.loads(policy)
    if not isinstance(policy, dict):
        return policy
    found = policy.get("Statement", [])
    return [_statement(one) for one in (found if isinstance(found, list) else [found])]


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    many: dict[str, Any] = {
        name: value if isinstance(value, list) else [value]
        for name, value in statement.items()
        if name in {"Action", "NotAction", "Resource", "NotResource"}
    }
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        many["Principal"] = {
            kind: value if isinstance(value, list) else [value] for kind, value in principal.items()
        }
    if condition := statement.get("Condition"):
        many["Condition"] = {
            operator: {
                key: value if isinstance(value, list) else [value] for key, value in keys.items()
            }
            for operator, keys in condition.items()
        }
    return {**statement, **many}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
