"""A table's stream: filtered, in order, split and dropped as its mapping says, with a role."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from support.calls import dead_letter, ops, wait_for

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def write(cloud: Cloud, *names: str) -> list[str]:
    """Write items with these names in one transaction; returns their keys."""
    run = uuid.uuid4().hex[:6]
    keys = [f"{name}/{run}" for name in names]
    table = cloud.outputs["Changing"]
    ops(cloud)("dynamodb").transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": {"pk": {"S": key}}}} for key in keys]
    )
    return keys


def handled(cloud: Cloud, function: str = "Changes") -> list[str]:
    name = cloud.outputs[function]
    logs = ops(cloud)("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    lines = [event["message"].strip() for event in events]
    return [line.removeprefix("handled ") for line in lines if line.startswith("handled ")]


def after(cloud: Cloud, last: str) -> list[str]:
    """All handled records, after the last one."""
    return wait_for(last, lambda: (found := handled(cloud)) and last in found and found)


def test_what_the_filter_lets_through_is_handled_in_order(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "item/1", "other/2", "item/3", "item/4")

    found = after(laptop_cloud, keys[3])

    assert [key for key in found if key in keys] == [keys[0], keys[2], keys[3]]


def test_the_stream_continues_at_a_reported_failure(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "item/1", "item/late", "item/3")

    found = after(laptop_cloud, keys[2])

    assert [key for key in found if key in keys] == keys, "none twice, none before its turn"


def test_only_a_record_that_breaks_the_function_is_dropped(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "item/1", "item/2", "item/poison", "item/4", "item/5")

    found = after(laptop_cloud, keys[4])
    letter = dead_letter(laptop_cloud, lambda message: "DDBStreamBatchInfo" in message["Body"])

    assert set(keys) - set(found) == {keys[2]}
    about = json.loads(letter["Body"])
    assert about["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = about["DDBStreamBatchInfo"]
    assert batch["batchSize"] == 1
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]
    assert "poison" not in letter["Body"], "a dead letter has no record"


def test_a_function_without_permission_gets_no_records(laptop_cloud: Cloud) -> None:
    write(laptop_cloud, "item/1")
    uuid_ = laptop_cloud.outputs["UnreadMapping"]

    def problem() -> str | None:
        answer = ops(laptop_cloud)("lambda").get_event_source_mapping(UUID=uuid_)
        result = str(answer["LastProcessingResult"])
        return result if "PROBLEM" in result else None

    assert "dynamodb:GetRecords" in wait_for("problem", problem)
    assert not handled(laptop_cloud, "Unread")
