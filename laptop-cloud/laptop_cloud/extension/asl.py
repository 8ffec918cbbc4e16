"""Amazon States Language: definitions, service integrations, names of errors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

OPTIMIZED = "arn:aws:states:::"
SDK = "aws-sdk:"
FUNCTION = "arn:aws:lambda:"
NESTED = "states:startExecution"  # MiniStack runs the child itself
PLACEHOLDER = re.compile(r"\$\{[^}]+\}")
# boto3's name of a service, if it differs from the one in the resource.
CLIENTS = {"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}
# The optimised integrations: prefix of the service's error names, and the name of an error that its
# model does not list. Others, such as sagemaker, take only some of the operation's parameters, and
# AWS publishes no full list: a machine calls them by aws-sdk, or by a function.
ERRORS = {
    "lambda": ("Lambda", "AWSLambdaException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException"),
    "sns": ("SNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQSException"),
    "events": ("EventBridge", "EventBridgeException"),
}
SDK_PREFIXES = {
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "sagemaker": "SageMaker",
    "cloudwatchlogs": "CloudWatchLogs",
}


class TaskFailed(Exception):
    """A task's failure with the error name that a state machine catches."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Call:
    service: str  # as the resource names it
    operation: str  # Invoke, PutItem
    optimized: bool
    wait: str = ""  # "waitForTaskToken" or nothing
    function: str = ""  # the function, if the resource is its ARN

    @property
    def client(self) -> str:
        return CLIENTS.get(self.service, self.service)

    def error(self, code: str, *, modelled: bool) -> str:
        """The error name that Step Functions uses for a service's error."""
        if self.optimized:
            prefix, other = ERRORS[self.service]
        else:
            prefix = SDK_PREFIXES.get(self.service, self.service.capitalize())
            other = f"{prefix}Exception"
        known = code if code.endswith("Exception") else f"{code}Exception"
        return f"{prefix}.{known if modelled else other}"


def parse(resource: str) -> Call | None:
    """The call of a Task's Resource; None for what MiniStack runs itself.

    Raises TaskFailed for an unknown resource, which MiniStack would treat as done.
    """
    if resource.startswith(FUNCTION):
        return Call("lambda", "Invoke", optimized=True, function=resource)
    if ":activity:" in resource:
        return None
    if not resource.startswith(OPTIMIZED):
        raise TaskFailed("States.Runtime", f"The resource {resource} is not supported.")
    name = resource.removeprefix(OPTIMIZED)
    if name.startswith(NESTED):
        return None
    name, _, wait = name.partition(".")
    optimized = not name.startswith(SDK)
    service, _, action = name.removeprefix(SDK).partition(":")
    if wait == "sync" or (optimized and service not in ERRORS):
        raise TaskFailed("States.Runtime", f"The resource {resource} is not supported.")
    return Call(service, action[0].upper() + action[1:], optimized=optimized, wait=wait)


def definition_as_json(text: str) -> str:
    """The definition as Step Functions stores it.

    Raises ValueError where AWS refuses it: text that is neither JSON nor YAML, and a placeholder
    without a substitution.
    """
    if left := PLACEHOLDER.findall(text):
        raise ValueError(f"the state machine's definition still has {', '.join(sorted(set(left)))}")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("the state machine's definition is neither JSON nor YAML") from error
    return json.dumps(found)


def plain(value: Any) -> Any:
    """A parsed response as JSON: times in ISO 8601, bytes and streams as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if hasattr(value, "read"):
        value = value.read()
    return value.decode() if isinstance(value, bytes) else value
