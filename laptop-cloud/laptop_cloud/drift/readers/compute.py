"""Functions, layers, API stages, state machines, SageMaker and nested stacks."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import yaml

from laptop_cloud.drift.readers.http_api import http_api
from laptop_cloud.drift.readers.reader import capital

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties, Reader


def function(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("lambda").get_function(FunctionName=name)
    about = answer["Configuration"]
    reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions")
    return {
        **{key: value for key, value in about.items() if key != "Layers"},
        "Layers": [one["Arn"] for one in about.get("Layers", [])],
        "ReservedConcurrentExecutions": reserved,
        "Code": _code(clients, wanted.get("Code", {}), about["CodeSha256"]),
    }


def _code(clients: Clients, wanted: dict[str, Any], deployed: str) -> dict[str, Any]:
    """The wanted artifact, if the function runs the same bytes."""
    if "S3Key" not in wanted:
        return {"CodeSha256": deployed}
    stored = clients("s3").get_object(Bucket=wanted["S3Bucket"], Key=wanted["S3Key"])
    checksum = base64.b64encode(hashlib.sha256(stored["Body"].read()).digest()).decode()
    return wanted if checksum == deployed else {"CodeSha256": deployed}


def permission(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("lambda").get_policy(FunctionName=wanted["FunctionName"])
    for statement in json.loads(answer["Policy"])["Statement"]:
        found = _permission(statement, wanted["FunctionName"])
        if all(found.get(name) == value for name, value in wanted.items()):
            return found
    return {}


def _permission(statement: dict[str, Any], function_name: str) -> dict[str, Any]:
    principal = statement["Principal"]
    if isinstance(principal, dict):
        principal = next(iter(principal.values()))
    condition = statement.get("Condition", {})
    arn = condition.get("ArnLike", condition.get("ArnEquals", {})).get("AWS:SourceArn")
    account = condition.get("StringEquals", {}).get("AWS:SourceAccount")
    return {
        "FunctionName": function_name,
        "Action": statement["Action"],
        "Principal": principal,
        "SourceArn": arn,
        "SourceAccount": account,
    }


def event_invoke_config(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    answer: dict[str, Any] = clients("lambda").get_function_event_invoke_config(
        FunctionName=wanted["FunctionName"], Qualifier=wanted["Qualifier"]
    )
    return {**wanted_names(wanted, "FunctionName", "Qualifier"), **answer}


def version(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    clients("lambda").get_function_configuration(FunctionName=arn)  # raises if there is none
    return wanted_names(wanted, "FunctionName")


def alias(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    _, _, name = arn.rpartition(":")
    answer = clients("lambda").get_alias(FunctionName=wanted["FunctionName"], Name=name)
    return {**wanted_names(wanted, "FunctionName"), **answer}


def machine_version(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    about = clients("stepfunctions").describe_state_machine(stateMachineArn=arn)
    revision = about.get("revisionId")
    return {**wanted_names(wanted, "StateMachineArn"), "StateMachineRevisionId": revision}


def machine_alias(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    """A deployment has ended when the alias routes everything to its version."""
    about = clients("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=arn)
    [only] = about["routingConfiguration"]
    preference = wanted.get("DeploymentPreference", {})
    reached = {**preference, "StateMachineVersionArn": only["stateMachineVersionArn"]}
    return {"Name": about["name"], "DeploymentPreference": reached}


def event_source_mapping(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    answer: dict[str, Any] = clients("lambda").get_event_source_mapping(UUID=name)
    return {**answer, "FunctionName": wanted["FunctionName"]}


def layer(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("lambda").get_layer_version_by_arn(Arn=arn)
    code = answer["Content"]["CodeSha256"]
    return {
        "LayerName": arn.split(":")[6],
        "Description": answer.get("Description"),
        "CompatibleRuntimes": answer.get("CompatibleRuntimes"),
        "CompatibleArchitectures": answer.get("CompatibleArchitectures"),
        "Content": _code(clients, wanted["Content"], code),
    }


def stage(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    found: dict[str, Any] = clients("apigatewayv2").get_stage(ApiId=wanted["ApiId"], StageName=name)
    return {"ApiId": wanted["ApiId"], **found}


def state_machine(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    about = clients("stepfunctions").describe_state_machine(stateMachineArn=arn)
    found: dict[str, Any] = {
        "StateMachineName": about["name"],
        "StateMachineType": about["type"],
        "RoleArn": about["roleArn"],
        "LoggingConfiguration": capital(about.get("loggingConfiguration", {})),
    }
    own = wanted_names(
        wanted, "DefinitionS3Location", "DefinitionString", "DefinitionSubstitutions"
    )
    deployed = json.loads(about["definition"])
    same = yaml.safe_load(_definition(clients, wanted)) == deployed
    return {**found, **(own if same else dict.fromkeys(own, deployed))}


def _definition(clients: Clients, wanted: Properties) -> str:
    """The text in or behind the template, with placeholders replaced."""
    if place := wanted.get("DefinitionS3Location"):
        stored = clients("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
        text: str = stored["Body"].read().decode()
    else:
        text = wanted["DefinitionString"]
    for name, value in wanted.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


def nested_stack(clients: Clients, stack: str, _wanted: Properties) -> dict[str, Any]:
    about = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in about.get("Parameters", [])}
    return {"Parameters": given}


def wanted_names(wanted: Properties, *names: str) -> dict[str, Any]:
    """The properties by which the resource was requested, which it has therefore."""
    return {name: wanted[name] for name in names if name in wanted}


def _model(clients: Clients, arn: str, _wanted: Properties) -> dict[str, Any]:
    found: dict[str, Any] = clients("sagemaker").describe_model(ModelName=_last(arn))
    return found


def _endpoint_config(clients: Clients, arn: str, _wanted: Properties) -> dict[str, Any]:
    name = _last(arn)
    found: dict[str, Any] = clients("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    return found


def _endpoint(clients: Clients, arn: str, _wanted: Properties) -> dict[str, Any]:
    """An endpoint that does not serve counts as missing."""
    found: dict[str, Any] = clients("sagemaker").describe_endpoint(EndpointName=_last(arn))
    return found if found["EndpointStatus"] == "InService" else {}


def _last(arn: str) -> str:
    return arn.rsplit("/", maxsplit=1)[-1]


READERS: dict[str, Reader] = {
    "AWS::SageMaker::Model": _model,
    "AWS::SageMaker::EndpointConfig": _endpoint_config,
    "AWS::SageMaker::Endpoint": _endpoint,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Permission": permission,
    "AWS::Lambda::Version": version,
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::EventInvokeConfig": event_invoke_config,
    "AWS::Lambda::EventSourceMapping": event_source_mapping,
    "AWS::Lambda::LayerVersion": layer,
    "AWS::ApiGatewayV2::Api": http_api,
    "AWS::ApiGatewayV2::Stage": stage,
    "AWS::StepFunctions::StateMachine": state_machine,
    "AWS::StepFunctions::StateMachineVersion": machine_version,
    "AWS::StepFunctions::StateMachineAlias": machine_alias,
    "AWS::CloudFormation::Stack": nested_stack,
}
