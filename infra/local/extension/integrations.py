"""Step Functions' service integrations as boto3 calls under a state machine's role."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from ministack.services import stepfunctions

from infra.local.extension import roles

PRINCIPAL = "states.amazonaws.com"
OPTIMIZED = "arn:aws:states:::"
SDK = "aws-sdk:"
FUNCTION = "arn:aws:lambda:"
NESTED = "states:startExecution"  # MiniStack's own, which runs the child in-process
SYNC_RULE = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
# boto3's name of a service where it is not the one in the resource.
CLIENTS = {"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}
# Prefix of a service's error names, and the name of an error that its model does not list.
ERRORS = {
    "lambda": ("Lambda", "AWSLambdaException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException"),
    "sns": ("SNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQSException"),
    "events": ("EventBridge", "EventBridgeException"),
    "sagemaker": ("SageMaker", "AmazonSageMakerException"),
}
SDK_PREFIXES = {
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "sagemaker": "SageMaker",
    "cloudwatchlogs": "CloudWatchLogs",
}


class TaskFailed(Exception):
    """A task's failure under the names that a state machine catches."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Call:
    service: str  # as the resource names it
    operation: str  # InvokeFunction, CreateTrainingJob
    optimized: bool
    wait: str = ""  # "sync", "waitForTaskToken" or nothing
    function: str = ""  # a function named by the resource itself

    @property
    def client(self) -> str:
        return CLIENTS.get(self.service, self.service)

    def error(self, code: str, *, modelled: bool) -> str:
        """The name under which Step Functions reports an error of the service."""
        if self.optimized:
            prefix, other = ERRORS.get(self.service, (self.service.capitalize(), "Exception"))
        else:
            prefix = SDK_PREFIXES.get(self.service, self.service.capitalize())
            other = f"{prefix}Exception"
        known = code if code.endswith("Exception") else f"{code}Exception"
        return f"{prefix}.{known if modelled else other}"


def parse(resource: str) -> Call | None:
    """The call that a Task's Resource asks for; None for what MiniStack runs itself."""
    if resource.startswith(FUNCTION):
        return Call("lambda", "Invoke", optimized=True, function=resource)
    if not resource.startswith(OPTIMIZED):
        return None
    name = resource.removeprefix(OPTIMIZED)
    if name.startswith(NESTED):
        return None
    name, _, wait = name.partition(".")
    optimized = not name.startswith(SDK)
    service, _, action = name.removeprefix(SDK).partition(":")
    return Call(service, action[0].upper() + action[1:], optimized=optimized, wait=wait)


def run(call: Call, data: Any, role: str) -> Any:
    """Make the call as the role and return its result as Step Functions shapes it.

    Raises TaskFailed with the error name that a Retry or Catch would match.
    """
    try:
        client = roles.client(call.client, role, "states", PRINCIPAL)
    except roles.RoleRefused as refused:
        raise TaskFailed("States.Runtime", str(refused)) from refused
    if call.wait == "sync":
        _may_wait(call, role)
    try:
        if call.service == "lambda" and call.operation == "Invoke":
            return _invoke(client, call, data)
        model = client.meta.service_model.operation_model(call.operation)
        parameters = stepfunctions._sdk_json_param_value(data or {}, model.input_shape)
        answer = client._make_api_call(call.operation, parameters)
    except ParamValidationError as error:
        raise TaskFailed("States.Runtime", str(error)) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        shapes = {shape.name for shape in client.meta.service_model.error_shapes}
        raise TaskFailed(call.error(code, modelled=code in shapes), str(error)) from error
    except BotoCoreError as error:
        raise TaskFailed("States.TaskFailed", str(error)) from error
    answer.pop("ResponseMetadata", None)
    shaped = stepfunctions._sdk_json_value(plain(answer), model.output_shape)
    return plain(shaped)


def _invoke(client: Any, call: Call, data: Any) -> Any:
    function = call.function or data["FunctionName"]
    payload = data if call.function else data.get("Payload", {})
    answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    body = answer["Payload"].read()
    result = json.loads(body) if body else None
    if answer.get("FunctionError"):
        raise TaskFailed(result.get("errorType", "Lambda.Unknown"), json.dumps(result))
    if call.function:
        return result
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": result,
        "StatusCode": answer["StatusCode"],
    }


def _may_wait(call: Call, role: str) -> None:
    """.sync works by a rule that Step Functions manages, so the role must be allowed to make it."""
    if (call.service, call.operation) != ("sagemaker", "CreateTrainingJob"):
        raise TaskFailed(
            "States.Runtime", f"{call.service}:{call.operation}.sync does not run on a laptop."
        )
    account, region = stepfunctions.get_account_id(), stepfunctions.get_region()
    rule = f"arn:aws:events:{region}:{account}:rule/{SYNC_RULE}"
    for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule"):
        if not roles.allows(role, action, rule):
            raise TaskFailed(
                "States.Runtime",
                f"'{role}' is not authorized to create managed-rule: it lacks {action} on {rule}.",
            )


def plain(value: Any) -> Any:
    """A parsed answer as JSON: times in ISO 8601, bytes and streams as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if hasattr(value, "read"):
        value = value.read()
    return value.decode() if isinstance(value, bytes) else value
