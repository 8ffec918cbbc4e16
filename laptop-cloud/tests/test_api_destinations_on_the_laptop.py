"""A webhook behind EventBridge: retries, dead letters, and a secret that is not returned."""

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


def test_a_webhook_that_stays_down_leaves_a_dead_letter(laptop_cloud: Cloud) -> None:
    tell(laptop_cloud, "Webhook", n=1)

    found = dead_letter(laptop_cloud, lambda message: message["Body"] == '{"n": 1}')

    attributes = found["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "RETRIES_EXHAUSTED"
    assert attributes["RETRY_ATTEMPTS"]["StringValue"] == "1"
    assert "WebhookRule" in attributes["RULE_ARN"]["StringValue"]


def test_a_role_without_permission_does_not_call_the_webhook(laptop_cloud: Cloud) -> None:
    tell(laptop_cloud, "Powerless", n=2)

    found = dead_letter(laptop_cloud, lambda message: '"Powerless"' in message["Body"])

    assert found["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_connection_does_not_return_its_secret(laptop_cloud: Cloud) -> None:
    name = laptop_cloud.outputs["Connection"]

    found = ops(laptop_cloud)("events").describe_connection(Name=name)

    assert found["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "X-Secret"}}
