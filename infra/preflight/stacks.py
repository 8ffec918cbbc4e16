"""Every stack as CloudFormation gets it: after the SAM transform, with parameters and long names.

Ids that AWS chooses are stand-ins of the greatest length: limits are checked at their worst.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laptop_cloud.drift.intrinsics import Scope, parameter, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
STACK = "AWS::CloudFormation::Stack"
ROLE = "AWS::IAM::Role"
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
FUNCTION = "AWS::Lambda::Function"
ALIAS = "AWS::Lambda::Alias"
MACHINE = "AWS::StepFunctions::StateMachine"
MACHINE_VERSION = f"{MACHINE}Version"
MACHINE_ALIAS = f"{MACHINE}Alias"
API = "AWS::ApiGatewayV2::Api"

# The longest stage, account and region.
STAGE = "s" * 16
ACCOUNT = "123456789012"
REGION = "ap-southeast-1"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/likeness-model@sha256:{'0' * 64}"
RELEASE = "0123456789abcdef"
# SAM itself reads the values of these.
VALUES = {"Release": RELEASE, "IsGradual": "true", "Rollout": "Canary10Percent5Minutes"}
SMALL = {"Stage": STAGE, "TrainingImage": IMAGE, "Release": RELEASE}
# Everything that is optional.
LARGE = {
    **SMALL,
    "Canary": "hourly",
    "Rollout": "Canary10Percent5Minutes",
    "Backend": "async-endpoint",
    "Engine": "sdxl-lora",
    "EndpointMinimum": "0",
    "WeightsBucket": "w" * 63,
    "WeightsPrefix": f"{'weights/' * 8}",
    "WarmPoolSeconds": "3600",
    "AcceptedDetectorVersions": "8.0,8.1",
    "WebOrigins": "https://app.example.com,http://localhost:3000",
    "HoldReader": f"arn:aws:iam::{ACCOUNT}:role/authorities",
    "MonthlyBudget": "100",
    "HashList": f"{'h' * 63}/known.csv",
    "ReceiptKeys": ",".join(
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{n:08}-0000-0000-0000-000000000000" for n in range(4)
    ),
    "KnownCases": f"{'k' * 63}/known/",
    "ConsoleDomain": "reviews.example.com",
    "ConsoleWebAcl": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/desk/{'0' * 8}-0000",
    "DataTrail": "on",
    "InspectConcurrency": 50,
    "PublicConcurrency": 20,
    "SnapStart": "PublishedVersions",
    "ConsoleCertificate": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{'0' * 8}-0000",
}

HERE = f"{REGION}:{ACCOUNT}"
ARNS = {
    "AWS::ApiGatewayV2::Api": f"arn:aws:apigateway:{REGION}::/apis/",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{HERE}:alarm:",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{HERE}:userpool/",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/",
    "AWS::Events::ApiDestination": f"arn:aws:events:{HERE}:api-destination/",
    "AWS::Events::Connection": f"arn:aws:events:{HERE}:connection/",
    "AWS::Events::EventBus": f"arn:aws:events:{HERE}:event-bus/",
    "AWS::Events::Rule": f"arn:aws:events:{HERE}:rule/",
    "AWS::KMS::Key": f"arn:aws:kms:{HERE}:key/",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}:log-group:",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::SNS::Topic": f"arn:aws:sns:{HERE}:",
    "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}:",
    FUNCTION: f"arn:aws:lambda:{HERE}:function:",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{HERE}:layer:",
    MANAGED_POLICY: f"arn:aws:iam::{ACCOUNT}:policy/",
    MACHINE: f"arn:aws:states:{HERE}:stateMachine:",
    ROLE: f"arn:aws:iam::{ACCOUNT}:role/",
}
VERSIONS = {
    "AWS::Lambda::LayerVersion": ":1",
    "AWS::Events::Connection": "/01234567-89ab-cdef-0123-456789abcdef",
}
REF_IS_ARN = {
    *(MACHINE, MACHINE_VERSION, MACHINE_ALIAS, MANAGED_POLICY, ALIAS),
    *("AWS::SNS::Topic", "AWS::Lambda::LayerVersion"),
}
QUALIFIED = {ALIAS, MACHINE_VERSION, MACHINE_ALIAS}
IDS = {
    "AWS::KMS::Key": "01234567-89ab-cdef-0123-456789abcdef",
    "AWS::ApiGatewayV2::Api": "a1b2c3d4e5",
    "AWS::Cognito::UserPool": f"{REGION}_A1b2C3d4E",
    "AWS::Cognito::UserPoolClient": "0123456789abcdefghijklmnop",
    "AWS::CloudFront::Distribution": "E1A2B3C4D5E6F7",
    "AWS::CloudFront::OriginAccessControl": "E1A2B3C4D5E6F7",
    "AWS::CloudFront::ResponseHeadersPolicy": "01234567-89ab-cdef-0123-456789abcdef",
}
# Properties that name a resource.
NAMES = (
    *("BucketName", "RoleName", "ManagedPolicyName", "FunctionName", "StateMachineName", "Name"),
    *("TopicName", "QueueName", "LogGroupName", "TableName", "AlarmName", "EndpointName"),
    *("EndpointConfigName", "ModelName"),
)
LONGEST_ID = 63
URIS = ("CodeUri", "ContentUri", "DefinitionUri")
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")  # of Fn::Sub
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Stack:
    """A template after its transforms, in a scope that resolves its intrinsic functions."""

    name: str
    file: str
    template: Mapping[str, Any]
    machines: Mapping[str, Path]  # the definition's file of each state machine, by logical id
    parameters: Mapping[str, Any] = field(default_factory=dict)
    nested: dict[str, Stack] = field(default_factory=dict)

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources whose conditions hold."""
        return {
            name: one
            for name, one in self.template["Resources"].items()
            if "Condition" not in one or self.scope.holds(one["Condition"])
        }

    @property
    def scope(self) -> Scope:
        return Scope(
            names=_Names(self),
            attribute=self.attribute,
            conditions=self.template.get("Conditions", {}),
            mappings=self.template.get("Mappings", {}),
        )

    def resolve(self, value: Any) -> Any:
        return resolve(value, self.scope)

    def properties(self, name: str) -> dict[str, Any]:
        return dict(self.resolve(self.template["Resources"][name].get("Properties", {})))

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, one in self.resources.items():
            if one["Type"] == kind:
                yield name, self.properties(name)

    def ref(self, name: str) -> str:
        kind = self.template["Resources"][name]["Type"]
        return self.attribute(name, "Arn") if kind in REF_IS_ARN else self._id(name)

    def attribute(self, name: str, attribute: str) -> Any:
        kind = self.template["Resources"][name]["Type"]
        if kind == STACK:
            nested = self.nested[name]
            output = nested.template["Outputs"][attribute.removeprefix("Outputs.")]
            return nested.resolve(output["Value"])
        if attribute == "Arn" and kind in QUALIFIED:
            return self._qualified(name)
        if attribute in {"Arn", "TopicArn", "LayerVersionArn"}:
            return f"{ARNS[kind]}{self._id(name)}{VERSIONS.get(kind, '')}"
        if attribute.endswith("Name") and attribute != "DomainName":
            return self._id(name)
        if attribute == "StreamArn":
            return f"{self.attribute(name, 'Arn')}/stream/2026-01-01T00:00:00.000"
        return (
            "1" if attribute == "Version" else f"{self._id(name)}.{attribute.lower()}.amazonaws.com"
        )

    def _qualified(self, name: str) -> str:
        """The ARN of a version or an alias: its function's or machine's, and its own name."""
        properties = self.properties(name)
        if "FunctionName" in properties:
            return f"{ARNS[FUNCTION]}{properties['FunctionName']}:{properties['Name']}"
        if "StateMachineArn" in properties:
            return f"{properties['StateMachineArn']}:1"
        version = properties["DeploymentPreference"]["StateMachineVersionArn"]
        return f"{version.removesuffix(':1')}:{properties['Name']}"

    def all(self) -> Iterator[Stack]:
        yield self
        for one in self.nested.values():
            yield from one.all()

    def _id(self, name: str) -> str:
        kind = self.template["Resources"][name]["Type"]
        if kind in IDS:
            return IDS[kind]
        properties = self.template["Resources"][name].get("Properties", {})
        chosen = next((properties[one] for one in NAMES if one in properties), None)
        if chosen is not None:
            return str(self.resolve(chosen))
        ending = f"-{name}-{'X' * 12}"  # CloudFormation shortens the stack's name
        return self.name[: LONGEST_ID - len(ending)] + ending


class _Names(Mapping[str, Any]):
    """Parameters, pseudo parameters and the Ref of each resource of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._known = {**PSEUDO, "AWS::StackName": stack.name, **stack.parameters}

    def __getitem__(self, name: str) -> Any:
        return self._known[name] if name in self._known else self._stack.ref(name)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._stack.template["Resources"]})

    def __len__(self) -> int:
        return len(list(iter(self)))


def deployed() -> list[Stack]:
    """The top stack, large and small, and each template that is deployed alone."""
    tops = [load(LARGE), load(SMALL)]
    nested = {stack.file for stack in tops[0].all()}
    files = (file.relative_to(ROOT).as_posix() for file in sorted((ROOT / "infra").glob("*.yaml")))
    alone = [file for file in files if not file.endswith(".asl.yaml") and file not in nested]
    return [*tops, *(load(SMALL, file) for file in alone)]


def load(parameters: Mapping[str, Any], file: str = "template.yaml") -> Stack:
    """The top stack with its nested stacks."""
    return _load(file, f"likeness-{STAGE}", parameters)


def _load(file: str, name: str, given: Mapping[str, Any]) -> Stack:
    template, machines = transformed(file)
    declared = template.get("Parameters", {})
    values = {
        one: parameter(about, str(given.get(one, about.get("Default", ""))))
        for one, about in declared.items()
    }
    stack = Stack(name, file, template, machines, values)
    for logical_id, one in template["Resources"].items():
        if one["Type"] == STACK:
            passed = stack.resolve(one["Properties"].get("Parameters", {}))
            stack.nested[logical_id] = _load(
                one["Properties"]["TemplateURL"], f"{name}-{logical_id}-{'X' * 13}", passed
            )
    return stack


def mentioned(value: Any) -> set[str]:
    """The names that an expression mentions: of resources, parameters and conditions."""
    return {name for name, _ in references(value)}


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Each name that an expression takes, and the attribute; "" for Ref, "?" for a condition."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _taken(key, item)


def _taken(key: str, item: Any) -> Iterator[tuple[str, str]]:
    match key, item:
        case "Ref", str():
            yield item, ""
        case "Condition", str():
            yield item, "?"
        case "Fn::GetAtt", str():
            first, _, rest = item.partition(".")
            yield first, rest
        case "Fn::GetAtt", [str(first), rest]:
            yield first, str(rest)
        case "Fn::Sub", _:
            text, own = item if isinstance(item, list) else (item, {})
            for name in set(VARIABLE.findall(text)) - set(own):
                first, _, rest = name.partition(".")
                yield first, rest
            yield from references(own)
        case "Fn::If", [str(condition), *branches]:
            yield condition, "?"
            yield from references(branches)
        case _:
            yield from references(item)


@cache
def transformed(file: str) -> tuple[dict[str, Any], dict[str, Path]]:
    """The template after the SAM transform, and the files of its state machines.

    Raises samtranslator's InvalidDocumentException, which says what is wrong.
    """
    from samtranslator.translator.transform import transform  # noqa: PLC0415 - takes a second
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415

    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # the transform takes the partition of it
    raw = yaml_parse((ROOT / file).read_text())
    machines: dict[str, Path] = {}
    if "Transform" not in raw:
        return raw, machines
    sections = {name: one.get("Properties", {}) for name, one in raw["Resources"].items()}
    for name, one in (*sections.items(), ("", raw.get("Globals", {}).get("Function", {}))):
        if one.get("DefinitionUri", "").endswith(".asl.yaml"):
            machines[name] = (ROOT / file).parent / one["DefinitionUri"]
        for uri in URIS:
            if uri in one:
                one[uri] = "s3://artifacts/object"  # as `sam deploy` writes it
    return transform(raw, VALUES, _NoManagedPolicies()), machines


class _NoManagedPolicies:
    """SAM asks for AWS's managed policies by name; no template uses one by name."""

    def load(self) -> dict[str, str]:
        return {}
