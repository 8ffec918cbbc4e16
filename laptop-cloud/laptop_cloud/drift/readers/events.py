"""Rules, schedules, queues, topics, alarms and budgets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from laptop_cloud import places
from laptop_cloud.drift.readers.reader import without_metadata

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties, Reader


def rule(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    events = clients("events")
    bus = {"EventBusName": wanted["EventBusName"]} if "EventBusName" in wanted else {}
    about = without_metadata(events.describe_rule(Name=name, **bus))
    targets = events.list_targets_by_rule(Rule=name, **bus)["Targets"]
    pattern = about.pop("EventPattern", "")
    return {
        **about,
        **bus,
        "EventPattern": json.loads(pattern) if pattern else None,
        "Targets": targets,
    }


def schedule(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    group = {"GroupName": wanted["GroupName"]} if "GroupName" in wanted else {}
    return without_metadata(clients("scheduler").get_schedule(Name=name, **group))


def schedule_group(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    return without_metadata(clients("scheduler").get_schedule_group(Name=name))


def event_bus(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    return without_metadata(clients("events").describe_event_bus(Name=name))


def connection(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    return without_metadata(clients("events").describe_connection(Name=name))


def wanted_connection(wanted: Properties) -> dict[str, Any]:
    """Without the secret, which the service does not return."""
    parameters = wanted.get("AuthParameters", {})
    keyed = parameters.get("ApiKeyAuthParameters", {})
    public = {name: value for name, value in keyed.items() if name != "ApiKeyValue"}
    return {**wanted, "AuthParameters": {**parameters, "ApiKeyAuthParameters": public}}


def api_destination(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    return without_metadata(clients("events").describe_api_destination(Name=name))


def budget(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    client, account = clients("budgets"), {"AccountId": places.ACCOUNT, "BudgetName": name}
    notified = client.describe_notifications_for_budget(**account)["Notifications"]
    return {
        "Budget": client.describe_budget(**account)["Budget"],
        "NotificationsWithSubscribers": [
            {
                "Notification": one,
                "Subscribers": client.describe_subscribers_for_notification(
                    **account, Notification=one
                )["Subscribers"],
            }
            for one in notified
        ],
    }


def queue(clients: Clients, url: str, _wanted: Properties) -> dict[str, Any]:
    attributes = _queue_attributes(clients, url)
    found: dict[str, Any] = {**attributes, "QueueName": attributes["QueueArn"].split(":")[-1]}
    if "RedrivePolicy" in found:
        found["RedrivePolicy"] = json.loads(found["RedrivePolicy"])
    return found


def queue_policy(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    """The policy, if each of its queues has it."""
    policies = {_queue_attributes(clients, url).get("Policy", "{}") for url in wanted["Queues"]}
    document = policies.pop() if len(policies) == 1 else "{}"
    return {"Queues": wanted["Queues"], "PolicyDocument": document}


def _queue_attributes(clients: Clients, url: str) -> dict[str, str]:
    sqs = clients("sqs")
    answer: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return answer


def topic(clients: Clients, arn: str, wanted: Properties) -> dict[str, Any]:
    sns = clients("sns")
    found: dict[str, Any] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    subscriptions = [{"Endpoint": one["Endpoint"], "Protocol": one["Protocol"]} for one in listed]
    own = subscriptions if "Subscription" in wanted else None
    return {**found, "TopicName": arn.rsplit(":", maxsplit=1)[-1], "Subscription": own}


def topic_policy(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    sns = clients("sns")
    policies = {
        sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy", "{}")
        for arn in wanted["Topics"]
    }
    document = policies.pop() if len(policies) == 1 else "{}"
    return {"Topics": wanted["Topics"], "PolicyDocument": document}


def subscription(clients: Clients, arn: str, _wanted: Properties) -> dict[str, Any]:
    sns = clients("sns")
    listed = sns.list_subscriptions_by_topic(TopicArn=arn.rpartition(":")[0])["Subscriptions"]
    about: dict[str, Any] = next(one for one in listed if one["SubscriptionArn"] == arn)
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    found: dict[str, Any] = {**about, **attributes}
    for name in ("FilterPolicy", "RedrivePolicy"):
        if found.get(name):
            found[name] = json.loads(found[name])
    return found


def alarm(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    answer = clients("cloudwatch").describe_alarms(AlarmNames=[name])
    found: dict[str, Any] = answer["MetricAlarms"][0] if answer["MetricAlarms"] else {}
    return found


def dashboard(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    answer = clients("cloudwatch").get_dashboard(DashboardName=name)
    return {"DashboardName": name, "DashboardBody": answer["DashboardBody"]}


READERS: dict[str, Reader] = {
    "AWS::Budgets::Budget": budget,
    "AWS::Events::Rule": rule,
    "AWS::Scheduler::ScheduleGroup": schedule_group,
    "AWS::Events::EventBus": event_bus,
    "AWS::Events::Connection": connection,
    "AWS::Events::ApiDestination": api_destination,
    "AWS::Scheduler::Schedule": schedule,
    "AWS::SQS::Queue": queue,
    "AWS::SQS::QueuePolicy": queue_policy,
    "AWS::SNS::Topic": topic,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SNS::Subscription": subscription,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::Dashboard": dashboard,
}
