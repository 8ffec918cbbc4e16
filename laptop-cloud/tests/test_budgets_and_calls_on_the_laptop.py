"""A budget in a template is created as on AWS, and calls are recorded."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from laptop_cloud import places
from support.calls import ops
from support.lab import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def template(principal: str) -> str:
    """A budget, and a topic whose policy allows this principal to publish."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sns:Publish",
        "Resource": {"Ref": "Topic"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    budget = {
        "Budget": {
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": 5, "Unit": "USD"},
        },
        "NotificationsWithSubscribers": [
            {
                "Notification": {
                    "NotificationType": "ACTUAL",
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": 80,
                },
                "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "Topic"}}],
            }
        ],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "Policy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy},
        },
        "Budget": {"Type": "AWS::Budgets::Budget", "DependsOn": "Policy", "Properties": budget},
    }
    return json.dumps({"Resources": resources})


@contextmanager
def deployed(cloud: Cloud, body: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The status and the events of a new stack, which is deleted afterwards."""
    client, name = ops(cloud)("cloudformation"), f"budget-{uuid.uuid4().hex[:8]}"
    client.create_stack(StackName=name, TemplateBody=body, OnFailure="DO_NOTHING")

    def status() -> str:
        return str(client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    wait_for(lambda: not status().endswith("IN_PROGRESS"))
    try:
        yield status(), client.describe_stack_events(StackName=name)["StackEvents"]
    finally:
        client.delete_stack(StackName=name)


def test_a_budget_notifies_its_topic(laptop_cloud: Cloud) -> None:
    with deployed(laptop_cloud, template("budgets.amazonaws.com")) as (status, events):
        assert status == "CREATE_COMPLETE"
        (name,) = {
            one["PhysicalResourceId"]
            for one in events
            if one["LogicalResourceId"] == "Budget" and one["ResourceStatus"] == status
        }
        about = {"AccountId": places.ACCOUNT, "BudgetName": name}
        found = ops(laptop_cloud)("budgets").describe_budget(**about)["Budget"]
        assert float(found["BudgetLimit"]["Amount"]) == 5


def test_a_budget_whose_topic_it_may_not_publish_to_is_refused(laptop_cloud: Cloud) -> None:
    with deployed(laptop_cloud, template("events.amazonaws.com")) as (status, events):
        reasons = [str(one.get("ResourceStatusReason")) for one in events]
        assert status == "CREATE_FAILED"
        assert any("does not allow AWS Budgets" in one for one in reasons), reasons


def test_calls_are_not_recorded_unless_it_was_asked_for(laptop_cloud: Cloud) -> None:
    assert laptop_cloud.calls() == []
