"""A webhook behind EventBridge: retried, kept when it stays down, and its secret told to nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.calls import dead_letter, ops

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def tell(cloud: Cloud, kind: str, **detail: object) -> None:
    entry = {"Source": "probe", "DetailType": kind, "Detail": json.dumps(detail)}
    ops(cloud)("events").put_events(Entries=[entry])


def test_a_webhook_that_stays_down_leaves_what_it_would_have_got(laptop_cloud: Cloud) -> None:
    tell(laptop_cloud, "Webhook", n=1)

    found = dead_letter(laptop_cloud, lambda message: message["Body"] == '{"n": 1}')

    attributes = found["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "RETRIES_EXHAUSTED"
    assert attributes["RETRY_ATTEMPTS"]["StringValue"] == "1"
    assert "WebhookRule" in attributes["RULE_ARN"]["StringValue"]


def test_a_role_that_may_not_call_the_webhook_does_not(laptop_cloud: Cloud) -> None:
    tell(laptop_cloud, "Powerless", n=2)

    found = dead_letter(laptop_cloud, lambda message: '"Powerless"' in message["Body"])

    assert found["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_connection_tells_how_it_signs_in_and_not_with_what(laptop_cloud: Cloud) -> None:
    name = laptop_cloud.outputs["Connection"]

    told = ops(laptop_cloud)("events").describe_connection(Name=name)

    assert told["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "X-Secret"}}
