"""The dependency graph of each template: missing names, cycles, and policies that come too late."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from infra.preflight.findings import Finding
from infra.preflight.stacks import PSEUDO, STACK, mentioned, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.preflight.stacks import Stack

KNOWN = {*PSEUDO, "AWS::NoValue", "AWS::NotificationARNs", "AWS::StackId", "AWS::StackName"}
ATTACHED = {"AWS::IAM::Policy", "AWS::IAM::RolePolicy"}


def check(stacks: list[Stack]) -> Iterator[Finding]:
    for stack in stacks:
        yield from missing(stack)
        yield from cycles(stack)
        yield from late_policies(stack)


def missing(stack: Stack) -> Iterator[Finding]:
    """Names that no parameter, resource or condition of the template has."""
    template = stack.template
    resources = template["Resources"]
    names = {*KNOWN, *template.get("Parameters", {}), *resources}
    conditions = set(template.get("Conditions", {}))
    parts = {**resources, "Outputs": template.get("Outputs", {})}
    for place, part in {**parts, "Conditions": template.get("Conditions", {})}.items():
        where = f"{stack.file} {place}"
        wanted = [*references(part), *((one, "") for one in depends_on(part))]
        for name, attribute in wanted:
            known = conditions if attribute == "?" else names
            if name not in known:
                yield Finding(where, f"there is no {name}: declare it or correct the name")
            elif attribute.startswith("Outputs."):
                output = attribute.removeprefix("Outputs.")
                if output not in stack.nested[name].template.get("Outputs", {}):
                    yield Finding(where, f"{stack.nested[name].file} has no output {output}")
        if part.get("Type") == STACK:
            declared = stack.nested[place].template.get("Parameters", {})
            given = part["Properties"].get("Parameters", {})
            for name in sorted(set(given) ^ set(declared)):
                if name not in given and "Default" not in declared[name]:
                    yield Finding(where, f"does not give the parameter {name}")
                elif name not in declared:
                    yield Finding(where, f"gives {name}, which is no parameter")


def cycles(stack: Stack) -> Iterator[Finding]:
    try:
        list(TopologicalSorter(edges(stack.template["Resources"])).static_order())
    except CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield Finding(stack.file, f"circular dependency: {path}. Give one of them another resource")


def late_policies(stack: Stack) -> Iterator[Finding]:
    """Resources that take a role and may be created before a policy that is attached to the role.

    CloudFormation creates whatever is ready, so the resource's first call may be refused.
    """
    resources = stack.template["Resources"]
    before = edges(resources)
    attached = {name for name, one in resources.items() if one["Type"] in ATTACHED}
    for policy in sorted(attached):
        properties = resources[policy].get("Properties", {})
        needed = {*_ancestors(before, policy), policy}
        for role in mentioned(properties.get("Roles", properties.get("RoleName"))) & set(resources):
            for user in sorted(set(resources) - attached - needed):
                if role in before[user] and policy not in _ancestors(before, user):
                    yield Finding(
                        f"{stack.file} {user}",
                        f"takes {role} and may exist before {policy}, which belongs to that "
                        f"role: write the policy into the role, or DependsOn: {policy}",
                        "late-policy",
                    )


def edges(resources: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each resource needs first."""
    return {
        name: ({*mentioned(one), *depends_on(one)} & set(resources))
        for name, one in resources.items()
    }


def depends_on(resource: Any) -> list[str]:
    found = resource.get("DependsOn", []) if isinstance(resource, dict) else []
    return [found] if isinstance(found, str) else list(found)


def _ancestors(before: Mapping[str, set[str]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for one in before.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found
