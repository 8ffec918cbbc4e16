"""An event that cannot be handled is tried again, and then kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.local.calls import letter, ops

if TYPE_CHECKING:
    from infra.local.cloud import Cloud

pytestmark = pytest.mark.stack


def test_a_function_that_keeps_failing_leaves_the_event_itself_behind(
    laptop_cloud: Cloud,
) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    ops(laptop_cloud)("s3").put_object(Bucket=bucket, Key="fail/1", Body=b"x")

    def wanted(message: dict[str, object]) -> bool:
        body = json.loads(str(message["Body"]))
        return bool(body.get("detail", {}).get("object", {}).get("key") == "fail/1")

    found = letter(laptop_cloud, wanted)

    assert json.loads(found["Body"])["detail-type"] == "Object Created"
    assert found["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no reason"


def test_the_event_was_tried_as_often_as_the_template_says(laptop_cloud: Cloud) -> None:
    bucket, function = laptop_cloud.outputs["Bucket"], laptop_cloud.outputs["Fail"]
    ops(laptop_cloud)("s3").put_object(Bucket=bucket, Key="fail/2", Body=b"x")
    letter(laptop_cloud, lambda message: '"fail/2"' in message["Body"])

    events = ops(laptop_cloud)("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")
    attempts = [event for event in events["events"] if "no reason" in event["message"]]

    assert len(attempts) % 2 == 0  # each event: once, and one retry
    assert attempts


def test_a_target_that_does_not_let_the_rule_in_is_not_called(laptop_cloud: Cloud) -> None:
    entry = {"Source": "probe", "DetailType": "Uninvited", "Detail": json.dumps({"n": 1})}
    ops(laptop_cloud)("events").put_events(Entries=[entry])

    found = letter(laptop_cloud, lambda message: '"Uninvited"' in message["Body"])

    attributes = found["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert "UninvitedRule" in attributes["RULE_ARN"]["StringValue"]


def test_nobody_but_a_service_sends_events_in_awss_name(laptop_cloud: Cloud) -> None:
    entry = {"Source": "aws.sagemaker", "DetailType": "Forged", "Detail": "{}"}

    answer = ops(laptop_cloud)("events").put_events(Entries=[entry])

    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
