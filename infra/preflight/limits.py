"""Sizes and counts that AWS limits, at the longest names.

Sources: "Understand CloudFormation quotas"; "IAM and AWS STS quotas" (policies are counted without
white space); "Lambda quotas"; "Policy restrictions" of S3 (20 KB) and of SQS and SNS; "Quotas" of
KMS (key policy 32 KB). cfn-lint checks the lengths of names and descriptions.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from infra.preflight.findings import Finding
from infra.preflight.stacks import FUNCTION, HERE, MANAGED_POLICY, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.preflight.stacks import Stack

RESOURCES = 500
PARAMETERS = OUTPUTS = 200
PARAMETER_BYTES = 4096
TEMPLATE_BYTES = 1_000_000  # from a bucket, where `sam deploy` puts it
DESCRIPTION_BYTES = 1024
ENVIRONMENT_BYTES = 4096
LAYERS = 5
ROLE_POLICIES = 10  # managed policies of a role
INLINE_CHARACTERS = 10_240  # all inline policies of a role
# Characters of one policy document, by the type and the property that has it.
DOCUMENTS = {
    MANAGED_POLICY: ("PolicyDocument", 6144),
    ROLE: ("AssumeRolePolicyDocument", 2048),
    "AWS::S3::BucketPolicy": ("PolicyDocument", 20 * 1024),
    "AWS::KMS::Key": ("KeyPolicy", 32 * 1024),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", 30 * 1024),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", 8 * 1024),
}
FUNCTION_POLICY = 20 * 1024  # the statements of who may call a function


def check(stacks: list[Stack]) -> Iterator[Finding]:
    for stack in stacks:
        yield from template(stack)
        yield from functions(stack)
        yield from policies(stack)


def template(stack: Stack) -> Iterator[Finding]:
    body, file = stack.template, stack.file
    yield from over(file, "resources", len(body["Resources"]), RESOURCES)
    yield from over(file, "parameters", len(body.get("Parameters", {})), PARAMETERS)
    yield from over(file, "outputs", len(body.get("Outputs", {})), OUTPUTS)
    yield from over(file, "bytes", len(json.dumps(body).encode()), TEMPLATE_BYTES)
    described = len(body.get("Description", "").encode())
    yield from over(file, "bytes of Description", described, DESCRIPTION_BYTES)
    for name, value in stack.parameters.items():
        size = len((",".join(value) if isinstance(value, list) else str(value)).encode())
        yield from over(f"{file} {name}", "bytes of the parameter", size, PARAMETER_BYTES)


def functions(stack: Stack) -> Iterator[Finding]:
    callers: Counter[str] = Counter()
    for name, properties in stack.of_type("AWS::Lambda::Permission"):
        callers[properties["FunctionName"]] += characters(statement(name, properties))
    for name, properties in stack.of_type(FUNCTION):
        where = f"{stack.file} {name}"
        variables = properties.get("Environment", {}).get("Variables", {})
        size = sum(len(f"{key}{value}".encode()) for key, value in variables.items())
        yield from over(where, "bytes of environment", size, ENVIRONMENT_BYTES)
        yield from over(where, "layers", len(properties.get("Layers", ())), LAYERS)
    for function, size in callers.items():
        where = f"{stack.file} {function}"
        yield from over(where, "characters of resource policy", size, FUNCTION_POLICY)


def statement(name: str, permission: dict[str, Any]) -> dict[str, Any]:
    """What a permission adds to a function's resource policy."""
    return {
        "Sid": f"{name}-{'X' * 24}",
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": f"arn:aws:lambda:{HERE}:function:{'f' * 64}",
        "Condition": {"ArnLike": {"AWS:SourceArn": permission.get("SourceArn")}},
    }


def policies(stack: Stack) -> Iterator[Finding]:
    inline: Counter[str] = Counter()
    for name, one in stack.resources.items():
        where, kind = f"{stack.file} {name}", one["Type"]
        properties = stack.properties(name)
        if kind in DOCUMENTS:
            part, limit = DOCUMENTS[kind]
            size = characters(properties[part])
            yield from over(where, f"characters of {part}", size, limit)
        if kind == ROLE:
            attached = len(properties.get("ManagedPolicyArns", ()))
            yield from over(where, "managed policies", attached, ROLE_POLICIES)
            inline[stack.ref(name)] += sum(
                characters(policy["PolicyDocument"]) for policy in properties.get("Policies", ())
            )
        elif kind == "AWS::IAM::Policy":
            for role in properties.get("Roles", ()):
                inline[role] += characters(properties["PolicyDocument"])
    for role, size in inline.items():
        where = f"{stack.file} {role}"
        yield from over(where, "characters of inline policies", size, INLINE_CHARACTERS)


def characters(document: Any) -> int:
    """A policy's size as IAM counts it."""
    return len("".join(json.dumps(document).split()))


def over(where: str, what: str, found: int, limit: int) -> Iterator[Finding]:
    if found > limit:
        yield Finding(where, f"{found} {what}; AWS allows {limit}. Split or shorten it")
