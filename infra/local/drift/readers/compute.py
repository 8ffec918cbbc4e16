"""Functions, layers, the HTTP API and the state machine."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import yaml

from infra.local.drift.readers.reader import capital
from infra.local.extension import openapi

if TYPE_CHECKING:
    from infra.local.clients import Clients
    from infra.local.drift.readers.reader import Properties, Reader


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
    """The wanted artifact, if the function runs the very same bytes."""
    if "S3Key" not in wanted:
        return {"CodeSha256": deployed}
    stored = clients("s3").get_object(Bucket=wanted["S3Bucket"], Key=wanted["S3Key"])
    sum_ = base64.b64encode(hashlib.sha256(stored["Body"].read()).digest()).decode()
    return wanted if sum_ == deployed else {"CodeSha256": deployed}


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


def http_api(clients: Clients, api: str, wanted: Properties) -> dict[str, Any]:
    """The API with its Body, if every route, integration and authorizer of it is there."""
    gateway = clients("apigatewayv2")
    about: dict[str, Any] = gateway.get_api(ApiId=api)
    if "Body" not in wanted:
        return about
    document = openapi.read(wanted["Body"])
    missing = sorted(expected_of(document) ^ found_of(gateway, api))
    if document.cors is not None and about.get("CorsConfiguration") != document.cors:
        missing.append(f"CORS {about.get('CorsConfiguration')}")
    return {**about, "Body": {"differs in": missing} if missing else wanted["Body"]}


def expected_of(document: openapi.HttpApi) -> set[str]:
    routes = {
        _line(
            route.key,
            route.authorization,
            route.authorizer or "",
            list(route.scopes),
            route.integration,
        )
        for route in document.routes
    }
    return routes | {_line(one.name, one.kind, one.settings) for one in document.authorizers}


def found_of(gateway: Any, api: str) -> set[str]:
    integrations = {
        one["IntegrationId"]: one
        for one in gateway.get_integrations(ApiId=api, MaxResults="500")["Items"]
    }
    authorizers = {
        one["AuthorizerId"]: one
        for one in gateway.get_authorizers(ApiId=api, MaxResults="500")["Items"]
    }
    names = (
        *("IntegrationType", "IntegrationMethod", "PayloadFormatVersion", "TimeoutInMillis"),
        *("IntegrationUri", "CredentialsArn"),
    )
    routes = set()
    for route in gateway.get_routes(ApiId=api, MaxResults="500")["Items"]:
        integration = integrations[route["Target"].removeprefix("integrations/")]
        authorizer = authorizers.get(route.get("AuthorizerId", ""), {})
        routes.add(
            _line(
                route["RouteKey"],
                route.get("AuthorizationType", "NONE"),
                authorizer.get("Name", ""),
                route.get("AuthorizationScopes", []),
                {name: integration[name] for name in names if integration.get(name)},
            )
        )
    settings = {
        "JWT": ("IdentitySource", "JwtConfiguration"),
        "REQUEST": (
            *("IdentitySource", "AuthorizerUri", "AuthorizerPayloadFormatVersion"),
            *("EnableSimpleResponses", "AuthorizerResultTtlInSeconds"),
        ),
    }
    return routes | {
        _line(
            one["Name"],
            one["AuthorizerType"],
            {name: one.get(name) for name in settings[one["AuthorizerType"]]},
        )
        for one in authorizers.values()
    }


def _line(*parts: Any) -> str:
    return " ".join(
        part if isinstance(part, str) else json.dumps(part, sort_keys=True) for part in parts
    )


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
    if place := wanted.get("DefinitionS3Location"):
        stored = clients("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
        text = stored["Body"].read().decode()
        given = wanted.get("DefinitionSubstitutions", {})
        for name, value in given.items():
            text = text.replace(f"${{{name}}}", str(value))
        same = yaml.safe_load(text) == json.loads(about["definition"])
        definition = place if same else {"definition": about["definition"]}
        found["DefinitionS3Location"] = definition
        found["DefinitionSubstitutions"] = given
    else:
        found["DefinitionString"] = about["definition"]
    return found


def wanted_names(wanted: Properties, *names: str) -> dict[str, Any]:
    """What the resource was asked for by, and therefore has."""
    return {name: wanted[name] for name in names if name in wanted}


READERS: dict[str, Reader] = {
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Permission": permission,
    "AWS::Lambda::EventInvokeConfig": event_invoke_config,
    "AWS::Lambda::EventSourceMapping": event_source_mapping,
    "AWS::Lambda::LayerVersion": layer,
    "AWS::ApiGatewayV2::Api": http_api,
    "AWS::ApiGatewayV2::Stage": stage,
    "AWS::StepFunctions::StateMachine": state_machine,
}
