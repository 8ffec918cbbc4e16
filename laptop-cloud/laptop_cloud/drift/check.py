"""Compares every resource of a deployed template with what its service returns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import ClientError

from laptop_cloud import places
from laptop_cloud.drift.attributes import attribute
from laptop_cloud.drift.compare import Difference, differences
from laptop_cloud.drift.intrinsics import Scope, Unresolvable, parameter, resolve
from laptop_cloud.drift.once import once
from laptop_cloud.drift.readers import READERS, UNREAD, UNREAD_EVERYWHERE, WANTED
from laptop_cloud.places import CannotRun
from laptop_cloud.recorded import RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from laptop_cloud.clients import Clients

STACK = "AWS::CloudFormation::Stack"


class Drift(CannotRun):
    """The cloud differs from the template."""


@dataclass(frozen=True, slots=True)
class Resource:
    path: str  # its logical id, after those of the outer stacks
    kind: str
    physical_id: str
    wanted: Mapping[str, Any]


def check(clients: Clients, stack: str) -> None:
    """Compare every resource of a stack and its nested stacks; raises Drift with each fault."""
    clients = once(clients)
    resources = list(resources_of(clients, stack))
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda one: list(compare(clients, one)), resources)
        faults = [str(fault) for faults in found for fault in faults]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise Drift(f"The cloud differs from the template:\n{lines}")


def resources_of(clients: Clients, stack: str, path: str = "") -> Iterator[Resource]:
    """Each resource that the stack should have, with resolved properties."""
    cloudformation = clients("cloudformation")
    template = parse(
        cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    )
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    present = {
        one["LogicalResourceId"]: one for page in pages for one in page["StackResourceSummaries"]
    }
    about = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    scope = scope_of(clients, template, present, about)
    for name, resource in template["Resources"].items():
        if "Condition" in resource and not scope.holds(resource["Condition"]):
            continue
        if name not in present:
            raise Drift(f"{path}{name}: it is in the template and not in the cloud")
        physical_id = present[name]["PhysicalResourceId"]
        try:
            wanted = resolve(resource.get("Properties", {}), scope)
        except Unresolvable as error:
            raise Drift(f"{path}{name}: the drift check cannot resolve {error}") from error
        yield Resource(f"{path}{name}", resource["Type"], physical_id, wanted)
        if resource["Type"] == STACK:
            yield from resources_of(clients, physical_id, f"{path}{name}.")


def scope_of(
    clients: Clients, template: Mapping[str, Any], present: Mapping[str, Any], about: Any
) -> Scope:
    given = {one["ParameterKey"]: one["ParameterValue"] for one in about.get("Parameters", [])}
    names = {
        **{
            name: parameter(declared, given.get(name, declared.get("Default")))
            for name, declared in template.get("Parameters", {}).items()
        },
        **{name: one["PhysicalResourceId"] for name, one in present.items()},
        "AWS::AccountId": places.ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": places.REGION,
        "AWS::StackId": about["StackId"],
        "AWS::StackName": about["StackName"],
        "AWS::URLSuffix": "amazonaws.com",
    }

    def get_att(name: str, attribute_name: str) -> str:
        one = present[name]
        return attribute(clients, one["ResourceType"], one["PhysicalResourceId"], attribute_name)

    return Scope(
        names=names,
        attribute=get_att,
        conditions=template.get("Conditions", {}),
        mappings=template.get("Mappings", {}),
    )


def compare(clients: Clients, resource: Resource) -> Iterator[Difference]:
    if resource.kind in RECORDED:
        return
    reader = READERS.get(resource.kind)
    if reader is None:
        raise Drift(f"{resource.path}: there is no reader for {resource.kind}")
    unread = UNREAD_EVERYWHERE | UNREAD.get(resource.kind, {}).keys()
    wanted = {name: value for name, value in resource.wanted.items() if name not in unread}
    wanted = WANTED.get(resource.kind, dict)(wanted)
    try:
        got = reader(clients, resource.physical_id, wanted)
    except ClientError as error:
        raise Drift(f"{resource.path}: {error}") from error
    yield from differences(resource.path, wanted, got)


def parse(body: Any) -> dict[str, Any]:
    """A template from CloudFormation: boto3 has parsed it if it was JSON."""
    found: dict[str, Any] = body if isinstance(body, dict) else yaml.safe_load(body)
    return found
