"""The templates with the values of their parameters, and without intrinsic functions.

A name that CloudFormation chooses is the logical id: `arn:aws:sqs:REGION:ACCOUNT:DeadLetterQueue`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.infra.documents import FUNCTION, STACK, TOP, read

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = "AWS::Serverless::StateMachine"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::Policy"
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"

PARAMETERS = {
    "Stage": "STAGE",
    "WeightsBucket": "WEIGHTS",
    "WeightsPrefix": "PREFIX/",
    "HashList": "HASHES/LIST",
    "WebOrigins": "https://app.example",
}
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "REGION",
    "AWS::AccountId": "ACCOUNT",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = {"Ref": "AWS::NoValue"}
NAMES = ("BucketName", "Name", "TopicName", "ManagedPolicyName", "EndpointName")
HERE = "REGION:ACCOUNT"
ARNS = {
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{HERE}:userpool/",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::KMS::Key": f"arn:aws:kms:{HERE}:key/",
    "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}:",
    "AWS::SNS::Topic": f"arn:aws:sns:{HERE}:",
    "AWS::Events::EventBus": f"arn:aws:events:{HERE}:event-bus/",
    "AWS::Events::ApiDestination": f"arn:aws:events:{HERE}:api-destination/",
    FUNCTION: f"arn:aws:lambda:{HERE}:function:",
    MACHINE: f"arn:aws:states:{HERE}:stateMachine:",
    ROLE: "arn:aws:iam::ACCOUNT:role/",
    MANAGED_POLICY: "arn:aws:iam::ACCOUNT:policy/",
}
REF_IS_ARN = {MACHINE, MANAGED_POLICY, "AWS::SNS::Topic"}


class Stack:
    """A template with the values of its parameters."""

    def __init__(self, name: str, given: dict[str, Any]) -> None:
        self.template = read(name)
        self.resources: dict[str, Any] = self.template["Resources"]
        self._given = given
        self._nested: dict[str, Stack] = {}

    def all(self) -> Iterator[Stack]:
        yield self
        for name, one in self.resources.items():
            if one["Type"] == STACK:
                yield from self.nested(name).all()

    def nested(self, name: str) -> Stack:
        if name not in self._nested:
            properties = self.resources[name]["Properties"]
            given = self.resolve(properties.get("Parameters", {}))
            self._nested[name] = Stack(properties["TemplateURL"], given)
        return self._nested[name]

    def resolve(self, value: Any) -> Any:
        """The value without intrinsic functions; of an If its first branch."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value if one != NO_VALUE]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", name)]:
                found = self._ref(name)
            case [("GetAtt", path)]:
                found = self._attribute(*path.split(".", 1))
            case [("Split", [separator, text])]:
                found = self.resolve(text).split(separator)
            case [("Sub", text)]:
                found = self._sub(*(text if isinstance(text, list) else [text, {}]))
            case [("If", branches)]:
                found = self.resolve(branches[1])
            case _:
                found = {name: self.resolve(one) for name, one in value.items()}
        return found

    def _ref(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.template.get("Parameters", {}):
            about = self.template["Parameters"][name]
            given = self._given.get(name, about.get("Default", name))
            return given.split(",") if about["Type"] == "CommaDelimitedList" else given
        for ending in (".Alias", "Aliaslive"):  # what SAM makes of AutoPublishAlias
            if name.endswith(ending):
                return f"{self._attribute(name.removesuffix(ending), 'Arn')}:live"
        return self._attribute(name, "Arn") if self._kind(name) in REF_IS_ARN else self._name(name)

    def _attribute(self, name: str, attribute: str) -> Any:
        kind = self._kind(name)
        if kind == STACK:
            nested = self.nested(name)
            output = nested.template["Outputs"][attribute.removeprefix("Outputs.")]
            return nested.resolve(output["Value"])
        if attribute == "Arn" and kind in ARNS:
            return f"{ARNS[kind]}{self._name(name)}"
        return f"{name}.{attribute}"

    def _sub(self, text: str, own: dict[str, Any]) -> str:
        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(self.resolve(own[name]))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def _kind(self, name: str) -> str:
        return str(self.resources[name]["Type"])

    def _name(self, logical_id: str) -> str:
        properties = self.resources[logical_id].get("Properties", {})
        chosen = (self.resolve(properties[one]) for one in NAMES if one in properties)
        return str(next(chosen, logical_id))


@cache
def deployed() -> tuple[Stack, ...]:
    """The top stack and all below it."""
    return tuple(Stack(TOP, PARAMETERS).all())


def properties(logical_id: str, kind: str = FUNCTION) -> dict[str, Any]:
    """The resolved properties of the only resource of that name and type."""
    (found,) = (
        stack.resolve(stack.resources[logical_id].get("Properties", {}))
        for stack in deployed()
        if stack.resources.get(logical_id, {}).get("Type") == kind
    )
    return dict(found)
