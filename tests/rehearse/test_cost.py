"""What a job cost: counted, and times the price table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY

from infra.capacity import prices
from infra.rehearse import cost
from infra.rehearse.job import state_seconds, step_seconds
from infra.rehearse.results import Failed

if TYPE_CHECKING:
    from tests.rehearse.conftest import Aws

BEGAN = datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
ID = "j0123"
STATES = ("open", "moderating", "generating", "finishing", "completed")
JOB: dict[str, Any] = {
    "job_id": ID,
    "timeline": [
        {"state": state, "at": (BEGAN + timedelta(seconds=20 * n)).isoformat()}
        for n, state in enumerate(STATES)
    ],
    "photos": [{"state": "accepted"}] * 3 + [{"state": "refused"}],
    "avatars": [{}] * 2,
}
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:likeness-dev"


def expect(aws: Aws, *, instance: str = "ml.c7i.xlarge", moderated: tuple[int, ...] = (5,)) -> None:
    summary = {
        "TrainingJobName": f"likeness-{ID}-a1-t1",
        "TrainingJobArn": "arn:aws:sagemaker:eu-central-1:123456789012:training-job/x",
        "CreationTime": BEGAN,
        "TrainingJobStatus": "Completed",
    }
    found = {"TrainingJobSummaries": [summary]}
    aws.will("sagemaker", "list_training_jobs", found, {"NameContains": ID})
    described = {
        "TrainingJobName": f"likeness-{ID}-a1-t1",
        "TrainingJobArn": summary["TrainingJobArn"],
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/k"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "StoppingCondition": {},
        "CreationTime": BEGAN,
        "ResourceConfig": {"InstanceType": instance, "VolumeSizeInGB": 30, "InstanceCount": 1},
        "BillableTimeInSeconds": 180,
    }
    aws.will("sagemaker", "describe_training_job", described)
    for count in moderated:
        counts = {"m0": [4.0], "m1": [float(count)], "m2": [3.0], "m3": []}
        asked = {
            "MetricDataQueries": ANY,
            "StartTime": datetime(2026, 11, 29, 12, 0, tzinfo=UTC),
            "EndTime": BEGAN + timedelta(seconds=80, minutes=2),
        }
        aws.will("cloudwatch", "get_metric_data", metrics(counts), asked)
    functions = [
        {"FunctionName": "likeness-dev-A", "MemorySize": 1024, "Architectures": ["arm64"]},
        {"FunctionName": "another", "MemorySize": 1024, "Architectures": ["x86_64"]},
        {"FunctionName": "likeness-dev-B", "MemorySize": 512, "Architectures": ["x86_64"]},
    ]
    aws.will("lambda", "list_functions", {"Functions": functions})
    values = {"m0": [10.0, 10.0], "m1": [60_000.0], "m2": [30.0], "m3": [20_000.0]}
    aws.will("cloudwatch", "get_metric_data", metrics(values))


def metrics(values: dict[str, list[float]]) -> dict[str, Any]:
    return {"MetricDataResults": [{"Id": name, "Values": v} for name, v in values.items()]}


def count(aws: Aws, region: str = "eu-central-1") -> dict[str, cost.Line]:
    lines = cost.count(aws, stack="likeness-dev", region=region, job=JOB, transitions=15)
    return {line.service: line for line in lines}


def test_each_line_is_a_count_times_a_price(aws):
    expect(aws)

    lines = count(aws)

    instance = lines["SageMaker ml.c7i.xlarge"]
    assert (instance.count, instance.usd) == (
        180,
        pytest.approx(180 / 3600 * 0.21),
    )
    images = lines["Rekognition"]
    assert (images.count, images.usd) == (12, pytest.approx(12 * 0.0012))
    assert lines["Step Functions"].usd == pytest.approx(15 * 0.000025)
    # 60 s of 1 GB on Arm, 20 s of half a GB on x86, 50 calls; another stack's function is not ours
    assert lines["Lambda"].count == 70
    assert lines["Lambda"].usd == pytest.approx(
        60 * prices.price("lambda_gb_second_arm64")
        + 10 * prices.price("lambda_gb_second_x86_64")
        + 50 * prices.price("lambda_request")
    )
    assert cost.total(lines.values()) == f"${sum(one.usd or 0 for one in lines.values()):.4f}"


def test_an_instance_without_a_price_makes_the_sum_a_lower_bound(aws):
    expect(aws, instance="ml.p99.xlarge")

    lines = count(aws)

    assert lines["SageMaker ml.p99.xlarge"].usd is None
    assert cost.total(lines.values()).startswith("at least $")


def test_it_waits_until_cloudwatch_has_the_calls_that_the_job_made(aws, monkeypatch):
    """Three accepted photos and two avatars are moderated: five calls at least."""
    waits: list[float] = []
    monkeypatch.setattr(cost.time, "sleep", waits.append)
    expect(aws, moderated=(0, 4, 5))

    assert count(aws)["Rekognition"].count == 12
    assert waits == [cost.POLL] * 2


def test_a_region_without_prices_is_charged_as_us_east_1(aws):
    expect(aws)

    assert count(aws, "sa-east-1")["Rekognition"].usd == pytest.approx(12 * 0.001)


def test_the_price_table_has_a_date_and_the_default_instance():
    assert prices.document()["read_on"]
    assert prices.instance_hour("ml.c7i.xlarge")


# --- times ----------------------------------------------------------------------------------------


def test_the_seconds_of_a_state_are_the_differences_of_the_timeline():
    assert state_seconds(JOB) == {
        "open": 20.0,
        "moderating": 20.0,
        "generating": 20.0,
        "finishing": 20.0,
    }


def test_a_state_that_was_entered_twice_has_the_sum_of_its_times(aws):
    events: list[dict[str, Any]] = []

    def event(seconds: float, kind: str, name: str) -> None:
        detail = {f"state{kind}EventDetails": {"name": name}}
        at = BEGAN + timedelta(seconds=seconds)
        events.append({"timestamp": at, "type": f"TaskState{kind}", "id": len(events) + 1} | detail)

    for begin, end, name in ((0, 2, "Moderate"), (2, 5, "Draw"), (5, 9, "Moderate")):
        event(begin, "Entered", name)
        event(end, "Exited", name)
    started = {"timestamp": BEGAN, "type": "ExecutionStarted", "id": 99}
    asked = {"executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:{ID}"}
    history = {"events": [started, *events]}
    for status in ("RUNNING", "RUNNING", "SUCCEEDED"):
        aws.will("stepfunctions", "describe_execution", execution(status), asked)
    aws.will("stepfunctions", "get_execution_history", history, asked)
    pauses: list[float] = []

    assert step_seconds(aws, MACHINE, ID, pauses.append) == ({"Moderate": 6.0, "Draw": 3.0}, 3)
    assert len(pauses) == 2, "the receipt is there before its step ends"


def test_an_execution_that_does_not_end_is_named(aws):
    for _ in range(30):
        aws.will("stepfunctions", "describe_execution", execution("RUNNING"))

    with pytest.raises(Failed, match=ID):
        step_seconds(aws, MACHINE, ID, lambda _: None)


def execution(status: str) -> dict[str, Any]:
    arns = {"executionArn": "arn", "stateMachineArn": "arn"}
    return {**arns, "startDate": BEGAN, "status": status}
