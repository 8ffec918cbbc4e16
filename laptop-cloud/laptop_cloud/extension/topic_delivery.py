"""Gap: SNS checks a function's policy, invokes it asynchronously, and uses dead-letter queues."""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.services import lambda_svc, sns

from laptop_cloud.extension import inprocess, resource_policies
from laptop_cloud.extension.async_invocation import invoke_later

log = logging.getLogger(__name__)

SERVICE = "sns.amazonaws.com"


def install() -> None:
    sns._deliver_to_lambda = to_function


def to_function(  # noqa: PLR0917  MiniStack's signature
    endpoint: str,
    envelope: str,
    topic_arn: str,
    subscription_arn: str,
    _message_id: str,
    _message: str,
    _attributes: dict[str, Any],
) -> None:
    """Pass a message to a function: SNS is done when Lambda has accepted it."""
    event = {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "EventSource": "aws:sns",
                "Sns": json.loads(envelope),
            }
        ]
    }
    function, config, _ = lambda_svc._get_func_record_for_ref(endpoint)
    if function and config and allowed("lambda", "lambda:InvokeFunction", endpoint, topic_arn):
        invoke_later(lambda_svc._execution_record_for_config(function, config), event)
        return
    log.warning("topic %s may not call %s", topic_arn, endpoint)
    send_to_dead_letter_queue(topic_arn, subscription_arn, envelope)


def allowed(service: str, action: str, arn: str, topic_arn: str) -> bool:
    return resource_policies.allows(service, action, arn, principal=SERVICE, source=topic_arn)


def send_to_dead_letter_queue(topic_arn: str, subscription_arn: str, envelope: str) -> None:
    subscription = sns._find_subscription(topic_arn, subscription_arn) or {}
    policy = subscription.get("attributes", {}).get("RedrivePolicy")
    queue = json.loads(policy).get("deadLetterTargetArn") if policy else None
    if not queue:
        return
    if not allowed("sqs", "sqs:SendMessage", queue, topic_arn):
        log.error("topic %s lost a message: %s refuses it", topic_arn, queue)
        return
    client = inprocess.client("sqs")
    url = client.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody=envelope)
