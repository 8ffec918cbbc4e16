"""Gap: a state machine may be defined in YAML, no placeholder is left in it, and it keeps its log
settings."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from ministack.services.cloudformation import provisioners

from infra.local.extension import inprocess
from infra.local.extension.provisioning import Properties, after, truth

PLACEHOLDER = re.compile(r"\$\{[^}]+\}")

_sfn_definition = provisioners._sfn_definition


def install() -> None:
    provisioners._sfn_definition = definition
    after("AWS::StepFunctions::StateMachine", set_properties)


def definition(properties: dict[str, Any]) -> str:
    return as_json(_sfn_definition(properties))


def as_json(text: str) -> str:
    """The definition as Step Functions keeps it.

    Raises ValueError where AWS would refuse it: what is neither JSON nor YAML, and a placeholder
    that nothing was substituted for.
    """
    if left := PLACEHOLDER.findall(text):
        raise ValueError(f"the state machine's definition still has {', '.join(sorted(set(left)))}")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("the state machine's definition is neither JSON nor YAML") from error
    return json.dumps(found)


def set_properties(machine: str, properties: Properties) -> None:
    wanted = properties.get("LoggingConfiguration") or {"Level": "OFF"}
    groups = [
        {"cloudWatchLogsLogGroup": {"logGroupArn": one["CloudWatchLogsLogGroup"]["LogGroupArn"]}}
        for one in wanted.get("Destinations", [])
    ]
    inprocess.client("stepfunctions").update_state_machine(
        stateMachineArn=machine,
        loggingConfiguration={
            "level": wanted["Level"],
            "includeExecutionData": truth(wanted.get("IncludeExecutionData")),
            "destinations": groups,
        },
    )
