"""Gap: asynchronous invocations wait while throttled, are retried, and use dead-letter queues."""

from __future__ import annotations

import contextvars
import json
import logging
import os
import threading
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import lambda_svc

from laptop_cloud.extension import roles
from laptop_cloud.extension.retries import Busy, Retryable, RetryPolicy

log = logging.getLogger(__name__)

# AWS waits one minute before the first retry and two before the second.
RETRY_BASE_S = float(os.environ.get("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "1"))
DEFAULT_RETRIES = 2
DEFAULT_AGE_S = 21_600


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


def invoke_later(function: dict[str, Any], event: Any) -> None:
    """Accept an event for a function, as an Event invocation does, and return at once."""
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_deliver, function, event), daemon=True).start()


def _deliver(function: dict[str, Any], event: Any) -> None:
    config = function.get("config") or function
    account, region = lambda_svc._account_region_from_function_config(config)
    _request_account_id.set(account)
    _request_region.set(region)
    settings = function.get("event_invoke_config") or (
        function.get("event_invoke_configs") or {}
    ).get("$LATEST", {})
    policy = RetryPolicy(
        retries=int(settings.get("MaximumRetryAttempts", DEFAULT_RETRIES)),
        age_s=float(settings.get("MaximumEventAgeInSeconds", DEFAULT_AGE_S)),
        pause_s=RETRY_BASE_S,
    )
    try:
        policy.run(lambda: _run(function, event))
    except (Failed, Throttled) as failed:
        name = config["FunctionName"]
        log.warning("function %s gave up on an event: %s", name, failed.body.get("errorType"))
        try:
            _send_to_dead_letter_queue(config, settings, event, failed.body, policy.retries + 1)
        except (ClientError, BotoCoreError, roles.RoleRefused):
            log.exception("the dead letter of function %s was refused", name)


def _run(function: dict[str, Any], event: Any) -> None:
    result = lambda_svc._execute_function(function, event)
    if result.get("throttle"):
        raise Throttled
    if result.get("error"):
        body = result.get("body")
        raise Failed(body if isinstance(body, dict) else {"errorMessage": str(body)})


def _send_to_dead_letter_queue(
    config: dict[str, Any],
    settings: dict[str, Any],
    event: Any,
    failed: dict[str, Any],
    attempts: int,
) -> None:
    """Send the event to destination and dead-letter queue, with the function's role."""
    role, name = config["Role"], config["FunctionName"]
    destination = (settings.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination")
    if destination:
        record = {
            "version": "1.0",
            "requestContext": {
                "functionArn": config["FunctionArn"],
                "condition": "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": failed,
        }
        send_as(role, name, destination, record)
    if queue := (config.get("DeadLetterConfig") or {}).get("TargetArn"):
        attributes = {
            "RequestID": str(uuid.uuid4()),
            "ErrorCode": "200",
            "ErrorMessage": str(failed.get("errorMessage", ""))[:1024],
        }
        send_as(role, name, queue, event, attributes)


def send_as(
    role: str, name: str, target: str, body: Any, attributes: dict[str, str] | None = None
) -> None:
    """Send a message to a queue or a topic with a function's role, as Lambda does."""
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
    else:
        log.error("function %s: dead letters to %s are not supported", name, target)
