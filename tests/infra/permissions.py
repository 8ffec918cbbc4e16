"""What each role may do, from all templates: `python -m tests.infra.permissions --write`.

It writes `permissions.yaml`, the golden permission matrix: role, action, resource and condition.
A name that CloudFormation chooses is shown as the logical id. The matrix leaves out what SAM adds
to a function's role: logs, traces, and the queue of an OnFailure destination. It shortens the
condition that every permission on the table must have (BOUND).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.infra.documents import FUNCTION
from tests.infra.stacks import HERE, MACHINE, MANAGED_POLICY, POLICY, ROLE, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.stacks import Stack

GOLDEN = Path(__file__).with_name("permissions.yaml")
LEADING_KEYS = "dynamodb:LeadingKeys"
BOUND = f"Null {LEADING_KEYS} false, ForAllValues:StringLike {LEADING_KEYS} "


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    role: str
    action: str
    resource: str
    condition: str = ""
    keys: tuple[str, ...] = ()  # the condition's key prefixes, on the table
    sid: str = ""

    def __str__(self) -> str:
        if not self.condition:
            return self.resource
        return f"{self.resource} if {self.condition.replace(BOUND, f'{LEADING_KEYS} ')}"


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, with the logical id of its function, machine or role."""
    managed = {
        stack.resolve({"Ref": name}): stack.resolve(one["Properties"]["PolicyDocument"])
        for stack in deployed()
        for name, one in stack.resources.items()
        if one["Type"] == MANAGED_POLICY
    }
    for stack in deployed():
        for name in stack.resources:
            for role, policy in _policies(stack, name):
                document = managed[policy] if isinstance(policy, str) else policy
                for statement in document.get("PolicyDocument", document)["Statement"]:
                    yield role, statement


def _policies(stack: Stack, name: str) -> Iterator[tuple[str, Any]]:
    """Role and policy; a managed policy is its ARN."""
    kind, properties = stack.resources[name]["Type"], stack.resources[name].get("Properties", {})
    if kind in {FUNCTION, MACHINE, ROLE}:
        for one in ("ManagedPolicyArns", "Policies"):
            for policy in stack.resolve(properties.get(one, [])):
                yield name, policy
    elif kind == POLICY:
        for role in stack.resolve(properties["Roles"]):
            yield role, stack.resolve(properties)


def permissions() -> Iterator[Permission]:
    for role, statement in statements():
        condition, keys = _condition(statement.get("Condition", {}))
        for action in _many(statement["Action"]):
            for resource in _many(statement["Resource"]):
                short = resource.removeprefix("arn:aws:").replace(f":{HERE}:", ":")
                yield Permission(role, action, short, condition, keys, statement.get("Sid", ""))


def _condition(condition: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    parts, keys = [], ()
    for operator, tests in condition.items():
        for name, values in tests.items():
            parts.append(f"{operator} {name} {' '.join(map(str, _many(values)))}")
            if name == LEADING_KEYS and operator != "Null":
                keys = tuple(_many(values))
    return ", ".join(parts), keys


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matrix() -> str:
    """The text of the golden matrix, sorted."""
    roles: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in permissions():
        roles[one.role][one.action].add(str(one))
    found = {
        role: {action: sorted(where) for action, where in sorted(actions.items())}
        for role, actions in sorted(roles.items())
    }
    return yaml.safe_dump(found, sort_keys=False, width=1000)


if __name__ == "__main__":
    if "--write" in sys.argv:
        GOLDEN.write_text(matrix())
    else:
        sys.stdout.write(matrix())
