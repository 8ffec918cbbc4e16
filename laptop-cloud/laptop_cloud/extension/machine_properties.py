"""Gap: a state machine may be defined in YAML, without placeholders, and its log settings are
set."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

from laptop_cloud.extension import inprocess
from laptop_cloud.extension.asl import definition_as_json
from laptop_cloud.extension.provisioning import Properties, after, truth

_sfn_definition = provisioners._sfn_definition


def install() -> None:
    provisioners._sfn_definition = definition
    after("AWS::StepFunctions::StateMachine", set_properties)


def definition(properties: dict[str, Any]) -> str:
    return definition_as_json(_sfn_definition(properties))


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
