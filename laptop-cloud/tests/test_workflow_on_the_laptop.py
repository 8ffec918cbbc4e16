"""A state machine: permissions, caught errors, timeouts, training jobs."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from support.calls import dead_letter, execute, invoke, ops, wait_for

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def test_an_error_is_caught_by_the_name_of_its_class(laptop_cloud: Cloud) -> None:
    ended = execute(laptop_cloud, do="call")

    assert ended["status"] == "SUCCEEDED"
    assert ended["output"]["caught"]["Error"] == "Unavailable"
    assert json.loads(ended["output"]["caught"]["Cause"])["errorMessage"] == "because"


def test_a_function_that_fails_before_it_returns_its_token_fails_the_task(
    laptop_cloud: Cloud,
) -> None:
    assert execute(laptop_cloud, do="token-fails")["output"]["caught"]["Error"] == "Unavailable"


def test_a_task_without_heartbeats_fails(laptop_cloud: Cloud) -> None:
    caught = execute(laptop_cloud, do="no-heartbeat")["output"]["caught"]

    assert caught["Error"] == "States.HeartbeatTimeout"


def test_a_machine_calls_only_what_its_role_allows(laptop_cloud: Cloud) -> None:
    caught = execute(laptop_cloud, do="forbidden")["output"]["caught"]

    assert caught["Error"] == "Lambda.AWSLambdaException"
    assert "lambda:InvokeFunction" in caught["Cause"]


def test_too_large_a_result_ends_the_execution_in_spite_of_a_catch(
    laptop_cloud: Cloud,
) -> None:
    ended = execute(laptop_cloud, do="large")

    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.DataLimitExceeded"


def test_a_machine_that_takes_too_long_times_out(laptop_cloud: Cloud) -> None:
    assert execute(laptop_cloud, "ImpatientMachine")["status"] == "TIMED_OUT"


def test_a_machine_calls_rekognition_with_its_role(laptop_cloud: Cloud) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    for key in ("photos/machine.jpg", "private/machine.jpg"):
        invoke(laptop_cloud, "Put", {"bucket": bucket, "key": key})

    seen = execute(laptop_cloud, do="look", key="photos/machine.jpg")
    refused = execute(laptop_cloud, do="look", key="private/machine.jpg")

    assert seen["output"]["seen"]["FaceDetails"] == [{"Confidence": 99.0}]
    assert refused["error"] == "Rekognition.InvalidS3ObjectException"


def test_a_machine_starts_a_training_job(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work")

    ended = execute(laptop_cloud, do="train", **given)

    assert ended["status"] == "SUCCEEDED", ended
    assert finished(laptop_cloud, given["job"])["TrainingJobStatus"] == "Completed"
    work = laptop_cloud.outputs["Work"]
    drawn = ops(laptop_cloud)("s3").get_object(Bucket=work, Key=f"{given['job']}/out/drawn.txt")
    assert drawn["Body"].read() == b"drawn"


def test_the_end_of_a_training_job_is_an_event_with_its_reason(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "fail")
    execute(laptop_cloud, do="train", **given)

    assert "BadData" in finished(laptop_cloud, given["job"])["FailureReason"]
    found = dead_letter(laptop_cloud, lambda message: given["job"] in message["Body"])

    event = json.loads(found["Body"])
    assert event["source"] == "aws.sagemaker"
    assert event["detail"]["TrainingJobStatus"] == "Failed"
    assert event["detail"]["RoleArn"] == laptop_cloud.outputs["TrainingRole"]
    assert "BadData: the file is empty" in event["detail"]["FailureReason"]


def test_an_instance_type_that_is_out_of_stock_fails_the_job(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work")
    capacity = laptop_cloud.project.folders.capacity
    capacity.write_text(json.dumps({"out_of_stock": ["ml.c7i.xlarge"]}))
    try:
        execute(laptop_cloud, do="train", **given)
        job = finished(laptop_cloud, given["job"])
    finally:
        capacity.unlink()

    assert job["FailureReason"].startswith("CapacityError: Unable to provision requested")


def test_a_role_without_a_documented_permission_is_refused(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work") | {"role": laptop_cloud.outputs["SilentRole"]}

    caught = execute(laptop_cloud, do="train", **given)["output"]["caught"]

    assert "cloudwatch:PutMetricData" in caught["Cause"]


def test_passing_a_role_requires_a_permission(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work") | {"role": laptop_cloud.outputs["UnpassableRole"]}

    ended = execute(laptop_cloud, do="train", **given)

    caught = ended["output"]["caught"]
    assert caught["Error"] == "SageMaker.SageMakerException"
    assert "iam:PassRole" in caught["Cause"]


def finished(cloud: Cloud, job: str) -> dict[str, Any]:
    sagemaker = ops(cloud)("sagemaker")

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=job)
        return found if found["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"} else None

    return wait_for("end of the training job", ended)


def order(cloud: Cloud, do: str) -> dict[str, str]:
    """The input of a training job: its order in the bucket, its name and its role."""
    job = f"probe-{uuid.uuid4().hex[:12]}"
    bucket = cloud.outputs["Work"]
    ops(cloud)("s3").put_object(
        Bucket=bucket, Key=f"{job}/order/order.json", Body=json.dumps({"do": do}).encode()
    )
    return {
        "job": job,
        "role": cloud.outputs["TrainingRole"],
        "order": f"s3://{bucket}/{job}/order",
        "checkpoints": f"s3://{bucket}/{job}/out",
    }
