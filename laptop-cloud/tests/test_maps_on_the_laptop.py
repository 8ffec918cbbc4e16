"""A distributed Map: what it reads and writes, its child executions and their limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.calls import execute, ops, start, wait_for

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


@pytest.fixture
def listed(laptop_cloud: Cloud) -> list[str]:
    keys = [f"maps/{n}" for n in range(5)]
    s3 = ops(laptop_cloud)("s3")
    for key in keys:
        s3.put_object(Bucket=laptop_cloud.outputs["Bucket"], Key=key, Body=b"1")
    return keys


def run_of(cloud: Cloud, execution: str) -> dict[str, Any]:
    states = ops(cloud)("stepfunctions")
    (one,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    found: dict[str, Any] = states.describe_map_run(mapRunArn=one["mapRunArn"])
    return found


def children_of(cloud: Cloud, run: dict[str, Any]) -> list[str]:
    listed = ops(cloud)("stepfunctions").list_executions(mapRunArn=run["mapRunArn"])
    return sorted(one["status"] for one in listed["executions"])


def test_objects_of_a_listing_are_processed_in_batches(
    laptop_cloud: Cloud, listed: list[str]
) -> None:
    bucket = laptop_cloud.outputs["Bucket"]

    ended = execute(laptop_cloud, "MapMachine", do="list", bucket=bucket, prefix="maps/", fill="f")

    assert [len(one["Items"]) for one in ended["output"]] == [2, 2, 1]
    assert {one["BatchInput"]["fill"] for one in ended["output"]} == {"f"}
    items = [item for one in ended["output"] for item in one["Items"]]
    assert [one["Key"] for one in items] == listed
    assert {"Etag", "LastModified", "Size", "StorageClass"} <= items[0].keys()
    run = run_of(laptop_cloud, ended["executionArn"])
    assert (run["status"], run["itemCounts"]["succeeded"]) == ("SUCCEEDED", 5)
    assert run["executionCounts"]["succeeded"] == 3


def test_a_listing_needs_the_machines_own_permission(laptop_cloud: Cloud) -> None:
    bucket = laptop_cloud.outputs["Bucket"]

    ended = execute(
        laptop_cloud, "MapMachine", do="list", bucket=bucket, prefix="private/", fill=""
    )

    assert ended["error"] == "States.ItemReaderFailed"
    assert "AccessDenied" in ended["cause"]


def test_a_machine_must_be_allowed_to_start_executions_of_itself(laptop_cloud: Cloud) -> None:
    ended = execute(laptop_cloud, "LonelyMachine", do="tolerate", items=[2])

    assert ended["error"] == "States.Permissions"
    assert "states:StartExecution" in ended["cause"]


def test_results_are_written_where_the_writer_says(laptop_cloud: Cloud) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    items = [{"text": "x" * 40} for _ in range(3)]

    ended = execute(laptop_cloud, "MapMachine", do="batch", bucket=bucket, items=items)

    where = ended["output"]["ResultWriterDetails"]
    s3 = ops(laptop_cloud)("s3")
    manifest = json.loads(s3.get_object(**where)["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    written = json.loads(s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read())
    assert written == [{"Items": [one]} for one in items], "100 bytes hold one item"


def test_results_over_256_kib_need_a_writer(laptop_cloud: Cloud, listed: list[str]) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    given = {"bucket": bucket, "prefix": "maps/", "fill": "x" * 100_000}

    ended = execute(laptop_cloud, "MapMachine", do="list", **given)

    assert len(listed) == 5, "three batches of 100 KB each"
    assert ended["error"] == "States.DataLimitExceeded"


def test_a_failed_child_fails_the_map_and_starts_no_other(laptop_cloud: Cloud) -> None:
    ended = execute(laptop_cloud, "MapMachine", do="fail", items=[0, 1] + [2] * 50)

    assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    run = run_of(laptop_cloud, ended["executionArn"])
    assert (run["status"], run["itemCounts"]["failed"]) == ("FAILED", 1)
    assert run["itemCounts"]["pending"] > 0


def test_failures_below_the_tolerated_share_are_results(laptop_cloud: Cloud) -> None:
    ended = execute(laptop_cloud, "MapMachine", do="tolerate", items=[0, 1])

    first, second = ended["output"]
    assert first == 0
    assert (second["Status"], second["Error"]) == ("FAILED", "Odd")


def test_the_tasks_of_children_have_the_machines_role(laptop_cloud: Cloud) -> None:
    ended = execute(laptop_cloud, "MapMachine", do="forbidden", items=[1])

    assert ended["output"] == [{"error": "Lambda.AWSLambdaException"}]


def test_the_children_of_a_stopped_execution_are_aborted(laptop_cloud: Cloud) -> None:
    states = ops(laptop_cloud)("stepfunctions")
    arn = start(laptop_cloud, "MapMachine", do="wait", items=[1, 2])
    wait_for("a child", lambda: states.list_map_runs(executionArn=arn)["mapRuns"])
    wait_for("a task", lambda: children_of(laptop_cloud, run_of(laptop_cloud, arn)))

    states.stop_execution(executionArn=arn)

    run = wait_for(
        "end of the Map Run",
        lambda: found if (found := run_of(laptop_cloud, arn))["status"] == "ABORTED" else None,
    )
    assert children_of(laptop_cloud, run) == ["ABORTED"], "the second never started"
