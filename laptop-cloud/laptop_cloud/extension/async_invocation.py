"""Gap: asynchronous invocations wait while throttled, are retried, and use destinations.

"Capturing records of Lambda asynchronous invocations" (Lambda Developer Guide) has the record that
goes to a destination. A dead-letter queue gets the event itself.
"""

from __future__ import annotations

import contextvars
import json
import logging
import os
import threading
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import lambda_svc

from laptop_cloud.extension import roles
from laptop_cloud.extension.function_aliases import event_settings
from laptop_cloud.extension.retries import Busy, Retryable, RetryPolicy

log = logging.getLogger(__name__)

# AWS waits one minute before the first retry and two before the second.
RETRY_BASE_S = float(os.environ.get("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "1"))
DEFAULT_RETRIES = 2
DEFAULT_AGE_S = 21_600

_dispatch = lambda_svc._execute_function_dispatch
_request_id: ContextVar[str] = ContextVar("request_id")  # of an event, in all its invocations


class Failed(Retryable):
    """The function raised; `body` is its error."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body.get("errorType"))
        self.body = body


class Throttled(Busy):
    """No instance of the function was free; Lambda tries the event again later."""

    def __init__(self) -> None:
        super().__init__("throttled")
        self.body = {"errorType": "TooManyRequestsException", "errorMessage": "throttled"}


def install() -> None:
    lambda_svc.invoke_async_with_retry = invoke_later
    lambda_svc._execute_function_dispatch = dispatch


def dispatch(
    function: dict[str, Any], config: dict[str, Any], event: Any, request_id: str, started: float
) -> Any:
    return _dispatch(function, config, event, _request_id.get(request_id), started)


def invoke_later(function: dict[str, Any], event: Any) -> None:
    """Accept an event for a function, as an Event invocation does, and return at once."""
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_deliver, function, event), daemon=True).start()


def _deliver(function: dict[str, Any], event: Any) -> None:
    config = function.get("config") or function
    account, region = lambda_svc._account_region_from_function_config(config)
    _request_account_id.set(account)
    _request_region.set(region)
    settings = event_settings(config)
    policy = RetryPolicy(
        retries=int(settings.get("MaximumRetryAttempts", DEFAULT_RETRIES)),
        age_s=float(settings.get("MaximumEventAgeInSeconds", DEFAULT_AGE_S)),
        pause_s=RETRY_BASE_S,
    )
    _request_id.set(str(uuid.uuid4()))
    attempts, result = 0, None

    def run() -> None:
        nonlocal attempts, result
        outcome = lambda_svc._execute_function(function, event)
        if outcome.get("throttle"):
            raise Throttled
        attempts, result = attempts + 1, outcome.get("body")
        if outcome.get("error"):
            raise Failed(result if isinstance(result, dict) else {"errorMessage": str(result)})

    side, condition, failed = "OnSuccess", "Success", None
    try:
        policy.run(run)
    except (Failed, Throttled) as error:
        failed, side = error.body, "OnFailure"
        condition = "RetriesExhausted" if attempts > policy.retries else "EventAgeExceeded"
        name = config["FunctionName"]
        log.warning("function %s gave up on an event: %s", name, failed.get("errorType"))
    record = _record(config, event, condition, attempts, result)
    try:
        _send(config, settings, side, record, failed)
    except (ClientError, BotoCoreError, roles.RoleRefused):
        log.exception("the destination of function %s refused its event", config["FunctionName"])


def _record(
    config: dict[str, Any], event: Any, condition: str, attempts: int, result: Any
) -> dict[str, Any]:
    """The record of an event. Without a response if no invocation began, which is undocumented."""
    version, arn = config.get("Version", "$LATEST"), config["FunctionArn"]
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    record = {
        "version": "1.0",
        "timestamp": now.replace("+00:00", "Z"),
        "requestContext": {
            "requestId": _request_id.get(),
            "functionArn": arn if arn.count(":") == 7 else f"{arn}:{version}",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
    }
    if attempts:
        context = {"statusCode": 200, "executedVersion": version}
        unhandled = {} if condition == "Success" else {"functionError": "Unhandled"}
        record |= {"responseContext": context | unhandled, "responsePayload": result}
    return record


def _send(
    config: dict[str, Any],
    settings: dict[str, Any],
    side: str,
    record: dict[str, Any],
    failed: dict[str, Any] | None,
) -> None:
    """Send a record to its destination, and a failed event to the dead-letter queue."""
    role, name = config["Role"], config["FunctionName"]
    destination = ((settings.get("DestinationConfig") or {}).get(side) or {}).get("Destination")
    if destination:
        send_as(role, name, destination, record)
    queue = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if queue and failed is not None:
        attributes = {
            "RequestID": _request_id.get(),
            "ErrorCode": "200",
            "ErrorMessage": str(failed.get("errorMessage", ""))[:1024],
        }
        send_as(role, name, queue, record["requestPayload"], attributes)


def send_as(
    role: str, name: str, target: str, body: Any, attributes: dict[str, str] | None = None
) -> None:
    """Send a message to a destination with a function's role, as Lambda does."""
    text = json.dumps(body)
    typed = {
        key: {"DataType": "String", "StringValue": value or "-"}
        for key, value in (attributes or {}).items()
    }
    service = target.split(":")[2]
    client = roles.client(service, role, name, "lambda.amazonaws.com")
    if service == "sqs":
        account, queue = target.split(":")[4:6]
        url = f"{client.meta.endpoint_url}/{account}/{queue}"  # the role may lack sqs:GetQueueUrl
        client.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=typed)
    elif service == "sns":
        client.publish(TopicArn=target, Message=text, MessageAttributes=typed)
    elif service == "lambda":
        client.invoke(FunctionName=target, InvocationType="Event", Payload=text.encode())
    elif service == "events":
        result = "Success" if body["requestContext"]["condition"] == "Success" else "Failure"
        entry = {
            "EventBusName": target,
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {result}",
            "Resources": [body["requestContext"]["functionArn"], target],
            "Detail": text,
        }
        client.put_events(Entries=[entry])
    else:
        log.error("function %s: the destination %s is not supported", name, target)
