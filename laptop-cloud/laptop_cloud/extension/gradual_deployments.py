"""Gap: an alias's version changes step by step, and goes back when an alarm goes off.

"UpdatePolicy attribute", CodeDeployLambdaAliasUpdate (CloudFormation User Guide), "Working with
deployment configurations" (CodeDeploy User Guide). CloudFormation waits for the deployment. If it
fails, CodeDeploy has set the alias back, the alias's update fails, and the stack is rolled back.
Here a deployment waits as long as SFN_WAIT_SCALE says, and functions deploy one after the other.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from laptop_cloud.extension import inprocess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.extension.provisioning import Properties

ALIAS = "AWS::Lambda::Alias"
POLL_S = 0.1
CANARY = re.compile(r"Canary(\d+)Percent(\d+)Minutes")
LINEAR = re.compile(r"Linear(\d+)PercentEvery(\d+)Minutes?")

_update = provisioners._lambda_alias_update
_runs_on_worker_thread = stacks._runs_on_worker_thread


def install() -> None:
    provisioners._RESOURCE_HANDLERS[ALIAS]["update"] = update
    stacks._runs_on_worker_thread = runs_on_worker_thread


def runs_on_worker_thread(resource_type: str) -> bool:
    """A deployment waits, and calls CloudWatch."""
    return resource_type == ALIAS or bool(_runs_on_worker_thread(resource_type))


def update(
    physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
) -> tuple[str, Properties]:
    group = group_of(stack, logical_id)
    if group and old["FunctionVersion"] != new["FunctionVersion"]:
        shift(old, new["FunctionVersion"], group)
    found: tuple[str, Properties] = _update(physical_id, old, new, stack, logical_id)
    return found


def group_of(stack: str, logical_id: str) -> Properties | None:
    """The properties of the deployment group that the alias's UpdatePolicy names."""
    about = cloudformation._stacks[stack]
    policy = about["_template"]["Resources"].get(logical_id, {}).get("UpdatePolicy", {})
    named = policy.get("CodeDeployLambdaAliasUpdate", {}).get("DeploymentGroupName", {}).get("Ref")
    group = about["_resources"].get(named)
    return group["Properties"] if group else None


def shift(alias: Properties, version: str, group: Properties) -> None:
    """Route more and more invocations to the version; raises ValueError if an alarm goes off."""
    client = inprocess.client("lambda")
    named = {"FunctionName": alias["FunctionName"], "Name": alias["Name"]}
    alarms = [one["Name"] for one in group.get("AlarmConfiguration", {}).get("Alarms", ())]
    for weight, minutes in steps(group["DeploymentConfigName"]):
        weights = {"AdditionalVersionWeights": {version: weight}}
        client.update_alias(**named, RoutingConfig=weights)
        if alarming := watch(alarms, minutes):
            client.update_alias(**named, RoutingConfig={"AdditionalVersionWeights": {}})
            raise ValueError(
                f"The deployment of version {version} of {alias['FunctionName']} was rolled back: "
                f"{alarming} is in the state ALARM"
            )
    client.update_alias(**named, RoutingConfig={"AdditionalVersionWeights": {}})


def steps(name: str) -> Iterator[tuple[float, int]]:
    """The share of a new version, and the minutes it stays so. All at once has no step."""
    if found := CANARY.search(name):
        yield int(found[1]) / 100, int(found[2])
    elif found := LINEAR.search(name):
        for percent in range(int(found[1]), 100, int(found[1])):
            yield percent / 100, int(found[2])
    elif not name.endswith("AllAtOnce"):
        raise ValueError(f"The deployment configuration {name} is not known here")


def watch(alarms: list[str], minutes: int) -> str:
    """The first alarm that goes off within these minutes, or nothing."""
    client: Any = inprocess.client("cloudwatch")
    end = time.monotonic() + 60 * minutes * float(os.environ.get("SFN_WAIT_SCALE", "1"))
    while True:
        found = client.describe_alarms(AlarmNames=alarms, StateValue="ALARM") if alarms else {}
        for one in found.get("MetricAlarms", ()):
            return str(one["AlarmName"])
        if time.monotonic() >= end:
            return ""
        time.sleep(POLL_S)
