"""Gap: EventBridge and its Scheduler check permissions, retry, and use dead-letter queues."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, eventbridge, lambda_svc

from laptop_cloud.extension import inprocess, resource_policies, roles
from laptop_cloud.extension.async_invocation import invoke_later
from laptop_cloud.extension.retries import Retryable, RetryPolicy

log = logging.getLogger(__name__)

DEFAULT_RETRIES = 185
DEFAULT_AGE_S = 86_400

Send = Callable[[], None]


class Undeliverable(Exception):
    """The target does not accept this event; a retry does not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Delivery:
    target: dict[str, Any]
    rule: dict[str, Any]  # or a schedule

    @property
    def service(self) -> str:
        """The service that delivers: "events" for a rule, "scheduler" for a schedule."""
        return str(self.rule["Arn"]).split(":")[2]

    @property
    def principal(self) -> str:
        return f"{self.service}.amazonaws.com"

    def count_failure(self) -> None:
        """The metrics of "Monitoring Amazon EventBridge" and of EventBridge Scheduler's page."""
        if self.service == "scheduler":
            group = {"ScheduleGroup": str(self.rule.get("GroupName", "default"))}
            for name in ("TargetErrorCount", "InvocationDroppedCount"):
                cloudwatch.record_metric("AWS/Scheduler", name, 1, "Count", group)
            return
        rule = {"RuleName": str(self.rule["Name"])}
        cloudwatch.record_metric("AWS/Events", "FailedInvocations", 1, "Count", rule)

    @property
    def retry_policy(self) -> RetryPolicy:
        policy = self.target.get("RetryPolicy") or {}
        return RetryPolicy(
            retries=int(policy.get("MaximumRetryAttempts", DEFAULT_RETRIES)),
            age_s=float(policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE_S)),
        )


_current: ContextVar[Delivery] = ContextVar("delivery")
_invoke_target = eventbridge._invoke_target
_dispatch_to_sqs = eventbridge._dispatch_to_sqs

# EventBridge User Guide, "API destinations as targets": these and 5xx are retried.
RETRIED = frozenset({401, 407, 409, 429})


def install() -> None:
    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = to_function
    eventbridge._dispatch_to_stepfunctions = to_state_machine
    eventbridge._dispatch_to_sqs = to_queue
    eventbridge._dispatch_to_api_destination = to_api_destination


def invoke_target(
    target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None
) -> None:
    token = _current.set(Delivery(target, rule))
    try:
        _invoke_target(target, event, rule, view)
    finally:
        _current.reset(token)


def to_function(arn: str, payload: str) -> None:
    delivery = _current.get()

    def send() -> None:
        if delivery.service == "scheduler":  # calls with the target's role
            by_role(delivery, "lambda", "ResourceNotFoundException", invoke)
            return
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            raise Undeliverable("RESOURCE_NOT_FOUND", f"There is no function {arn}.")
        check_policy("lambda", "lambda:InvokeFunction", arn)
        invoke_later(lambda_svc._execution_record_for_config(function, config), json.loads(payload))

    def invoke(client: Any) -> None:
        client.invoke(FunctionName=arn, InvocationType="Event", Payload=payload.encode())

    deliver(payload, send)


def to_state_machine(arn: str, payload: str) -> None:
    delivery = _current.get()

    def start(client: Any) -> None:
        client.start_execution(stateMachineArn=arn, input=payload)

    deliver(
        payload,
        lambda: by_role(delivery, "stepfunctions", "StateMachineDoesNotExist", start),
    )


def by_role(delivery: Delivery, service: str, absent: str, call: Callable[[Any], None]) -> None:
    """Call a service as the target's role; `absent` is its error code for a missing target."""
    role = delivery.target.get("RoleArn", "")
    try:
        call(roles.client(service, role, delivery.service, delivery.principal))
    except roles.RoleRefused as refused:
        raise Undeliverable("NO_PERMISSIONS", str(refused)) from refused
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "AccessDenied" in code:
            raise Undeliverable("NO_PERMISSIONS", str(error)) from error
        if code == absent:
            raise Undeliverable("RESOURCE_NOT_FOUND", str(error)) from error
        raise Retryable(str(error)) from error


def to_queue(spec: Any, payload: str, parameters: dict[str, Any] | None = None) -> None:
    def send() -> None:
        check_policy("sqs", "sqs:SendMessage", str(spec))
        _dispatch_to_sqs(spec, payload, parameters)

    deliver(payload, send)


def to_api_destination(spec: Any, payload: str, target: dict[str, Any]) -> None:
    """Send over HTTP with the connection's secret, if the target's role may."""
    name = spec.resource.split("/")[1]
    account, region = get_account_id(), get_region()

    def send() -> None:
        about = eventbridge._api_destinations.get(name) or {}
        own = str(about.get("ConnectionArn", "")).rpartition("/")[2]
        connection = eventbridge._connections.get(own)
        if not connection:
            raise Undeliverable("RESOURCE_NOT_FOUND", f"There is no API destination {name}.")
        check_role(target.get("RoleArn", ""), "events:InvokeApiDestination", target["Arn"])
        parameters = target.get("HttpParameters") or {}
        request = eventbridge._build_api_destination_request(about, connection, parameters, payload)
        try:
            signed = eventbridge._connection_auth_headers(connection, (account, region, own))
            status = eventbridge._api_destination_send_sync(request, signed)
        except (OSError, HTTPException) as error:  # down, or slower than EventBridge's 5 s
            raise Retryable(f"{name} could not be reached: {type(error).__name__}") from error
        if status in RETRIED or status >= 500:
            raise Retryable(f"{name} answered {status}")
        if not 200 <= status < 300:
            raise Undeliverable("SDK_CLIENT_ERROR", f"{name} answered {status}")

    deliver(payload, send)


def check_role(role: str, action: str, resource: str) -> None:
    """Raises Undeliverable unless EventBridge may assume the role and the role may do this."""
    try:
        roles.check_trust(role, _current.get().principal)
    except roles.RoleRefused as refused:
        raise Undeliverable("NO_PERMISSIONS", str(refused)) from refused
    if not roles.allows(role, action, resource):
        raise Undeliverable("NO_PERMISSIONS", f"{role} may not {action} on {resource}")


def check_policy(service: str, action: str, arn: str) -> None:
    """Raises Undeliverable unless the resource's policy allows EventBridge this for the rule."""
    delivery = _current.get()
    principal = delivery.principal
    if not resource_policies.allows(
        service, action, arn, principal=principal, source=delivery.rule["Arn"]
    ):
        raise Undeliverable(
            "NO_PERMISSIONS", f"{arn} has no policy that allows {principal} {action}."
        )


def deliver(payload: str, send: Send) -> None:
    """Send in the background, with the target's retry policy and dead-letter queue."""
    context = contextvars.copy_context()
    arguments = (payload, send, _current.get())
    threading.Thread(target=context.run, args=(_deliver, *arguments), daemon=True).start()


def _deliver(payload: str, send: Send, delivery: Delivery) -> None:
    try:
        delivery.retry_policy.run(send)
    except Undeliverable as error:
        attempts, code, message = 0, error.code, str(error)
    except Retryable as error:
        attempts, code, message = delivery.retry_policy.retries, "RETRIES_EXHAUSTED", str(error)
    else:
        return
    arn = delivery.target["Arn"]
    log.warning("rule %s could not reach %s: %s", delivery.rule["Name"], arn, message)
    delivery.count_failure()
    queue = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    try:
        if delivery.service == "scheduler":
            # "Configuring a dead-letter queue for EventBridge Scheduler": the schedule's role sends
            check_role(delivery.target.get("RoleArn", ""), "sqs:SendMessage", queue)
        else:
            check_policy("sqs", "sqs:SendMessage", queue)
    except Undeliverable:
        log.exception("rule %s lost an event: %s refuses it", delivery.rule["Name"], queue)
        return
    attributes = {
        "RULE_ARN": delivery.rule["Arn"],
        "TARGET_ARN": arn,
        "ERROR_CODE": code,
        "ERROR_MESSAGE": message[:1024],
        "RETRY_ATTEMPTS": str(attempts),
    }
    client = inprocess.client("sqs")
    client.send_message(
        QueueUrl=client.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"],
        MessageBody=payload,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
