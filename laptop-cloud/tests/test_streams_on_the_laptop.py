"""A table's stream: filtered, in order, split and given up as its mapping says, under a role."""

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
    """Write items of those names, in one transaction; their keys."""
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
    """All that was handled, once the last was."""
    return wait_for(last, lambda: (found := handled(cloud)) and last in found and found)


def test_what_the_filter_lets_through_is_handled_in_order(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "told/1", "untold/2", "told/3", "told/4")

    found = after(laptop_cloud, keys[3])

    assert [key for key in found if key in keys] == [keys[0], keys[2], keys[3]]


def test_a_reported_failure_is_where_the_stream_goes_on_later(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "told/1", "told/late", "told/3")

    found = after(laptop_cloud, keys[2])

    assert [key for key in found if key in keys] == keys, "none twice, none before its turn"


def test_a_record_that_breaks_the_function_is_given_up_alone(laptop_cloud: Cloud) -> None:
    keys = write(laptop_cloud, "told/1", "told/2", "told/poison", "told/4", "told/5")

    found = after(laptop_cloud, keys[4])
    told = dead_letter(laptop_cloud, lambda message: "DDBStreamBatchInfo" in message["Body"])

    assert set(keys) - set(found) == {keys[2]}
    about = json.loads(told["Body"])
    assert about["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = about["DDBStreamBatchInfo"]
    assert batch["batchSize"] == 1
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]
    assert "poison" not in told["Body"], "a letter says where a record is, not what"


def test_a_function_that_may_not_read_a_stream_gets_nothing_of_it(laptop_cloud: Cloud) -> None:
    write(laptop_cloud, "told/1")
    uuid_ = laptop_cloud.outputs["UnreadMapping"]

    def problem() -> str | None:
        answer = ops(laptop_cloud)("lambda").get_event_source_mapping(UUID=uuid_)
        result = str(answer["LastProcessingResult"])
        return result if "PROBLEM" in result else None

    assert "dynamodb:GetRecords" in wait_for("problem", problem)
    assert not handled(laptop_cloud, "Unread")
