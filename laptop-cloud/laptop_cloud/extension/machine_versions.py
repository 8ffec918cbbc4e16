"""Gap: an execution of a version or an alias runs that version, and a template may have both.

"How Step Functions associates executions with a version or alias" and "State machine aliases" (Step
Functions Developer Guide): the alias chooses a version by weight when the execution starts; the
execution keeps it.
"""

from __future__ import annotations

import json
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from laptop_cloud.extension import inprocess

if TYPE_CHECKING:
    from laptop_cloud.extension.provisioning import Properties

VERSION = "stateMachineVersionArn"
ALIAS = "stateMachineAliasArn"
OF_VERSION = ("definition", "roleArn", "loggingConfiguration")

_start_execution = stepfunctions._start_execution
_describe_execution = stepfunctions._describe_execution
_run_execution = stepfunctions._run_execution
_chosen: ContextVar[dict[str, str] | None] = ContextVar("chosen", default=None)


def install() -> None:
    stepfunctions._start_execution = start_execution
    stepfunctions._describe_execution = describe_execution
    stepfunctions._run_execution = run_execution
    stepfunctions._state_machines.__class__ = Machines
    kind = "AWS::StepFunctions::StateMachine"
    provisioners._RESOURCE_HANDLERS[f"{kind}Version"] = {
        "create": publish,
        "update": publish_again,
        "delete": delete_version,
    }
    provisioners._RESOURCE_HANDLERS[f"{kind}Alias"] = {
        "create": create_alias,
        "update": update_alias,
        "delete": delete_alias,
    }


class Machines(AccountRegionScopedDict):  # type: ignore[misc]
    """State machines: within an execution of a version, with what the version has."""

    __slots__ = ()

    def get(self, key: str, default: Any = None) -> Any:
        found = super().get(key, default)
        version = stepfunctions._state_machine_versions.get((_chosen.get() or {}).get(VERSION))
        if not found or not version or version["stateMachineArn"] != key:
            return found
        return {**found, **{name: version[name] for name in OF_VERSION}}

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found


def choose(arn: str) -> dict[str, str] | None:
    """The version, and the alias, of an execution that starts with this ARN."""
    if arn in stepfunctions._state_machine_versions:
        return {VERSION: arn}
    alias = stepfunctions._state_machine_aliases.get(arn)
    if not alias:
        return None
    routes = alias["routingConfiguration"]
    drawn = random.choices(routes, [one["weight"] for one in routes])[0]  # noqa: S311
    return {VERSION: drawn[VERSION], ALIAS: arn}


def start_execution(data: dict[str, Any]) -> Any:
    token = _chosen.set(choose(data.get("stateMachineArn", "")))
    try:
        return _start_execution(data)  # copies the context for the execution's thread
    finally:
        _chosen.reset(token)


def run_execution(arn: str) -> None:
    if execution := stepfunctions._executions.get(arn):
        execution |= _chosen.get() or {}
    _run_execution(arn)


def describe_execution(data: dict[str, Any]) -> Any:
    status, headers, body = _describe_execution(data)
    execution = stepfunctions._executions.get(data.get("executionArn"))
    if status != 200 or not execution:
        return status, headers, body
    found = {name: execution[name] for name in (VERSION, ALIAS) if name in execution}
    return status, headers, json.dumps({**json.loads(body), **found}).encode()


# ---------------------------------------------------------------- in templates


def publish(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    """The present definition as a version; a new revision of the machine makes a new one."""
    arn = properties["StateMachineArn"]
    client = inprocess.client("stepfunctions")
    made = client.publish_state_machine_version(
        stateMachineArn=arn, description=properties.get("Description", "")
    )
    return made[VERSION], {"Arn": made[VERSION]}


def publish_again(
    _physical_id: str, _old: Properties, new: Properties, stack: str
) -> tuple[str, Properties]:
    return publish("", new, stack)


def delete_version(physical_id: str, _properties: Properties) -> None:
    inprocess.client("stepfunctions").delete_state_machine_version(
        stateMachineVersionArn=physical_id
    )


def routes(properties: Properties) -> list[dict[str, Any]]:
    """The alias's routes, or the one of its DeploymentPreference."""
    if preference := properties.get("DeploymentPreference"):
        return [{VERSION: preference["StateMachineVersionArn"], "weight": 100}]
    return [
        {VERSION: one["StateMachineVersionArn"], "weight": int(one["Weight"])}
        for one in properties["RoutingConfiguration"]
    ]


def create_alias(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    made = inprocess.client("stepfunctions").create_state_machine_alias(
        name=properties["Name"],
        description=properties.get("Description", ""),
        routingConfiguration=routes(properties),
    )
    return made[ALIAS], {"Arn": made[ALIAS]}


def update_alias(
    physical_id: str, _old: Properties, new: Properties, _stack: str
) -> tuple[str, Properties]:
    inprocess.client("stepfunctions").update_state_machine_alias(
        stateMachineAliasArn=physical_id, routingConfiguration=routes(new)
    )
    return physical_id, {"Arn": physical_id}


def delete_alias(physical_id: str, _properties: Properties) -> None:
    inprocess.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=physical_id)
