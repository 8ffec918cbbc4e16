"""A state machine: permissions, caught errors, timeouts, training jobs."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from support.calls import dead_letter, execute, invoke, ops, start, wait_for

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


def test_a_training_job_runs_and_the_machine_waits_for_it(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work")

    ended = execute(laptop_cloud, do="train", **given)

    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"]["training"]["TrainingJobStatus"] == "Completed"
    work = laptop_cloud.outputs["Work"]
    drawn = ops(laptop_cloud)("s3").get_object(Bucket=work, Key=f"{given['job']}/out/drawn.txt")
    assert drawn["Body"].read() == b"drawn"


def test_a_failed_training_job_is_caught_with_its_description(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "fail")

    caught = execute(laptop_cloud, do="train", **given)["output"]["caught"]

    assert caught["Error"] == "States.TaskFailed"
    described = json.loads(caught["Cause"])
    assert described["TrainingJobName"] == given["job"]
    assert "BadData: the file is empty" in described["FailureReason"]


def test_the_end_of_a_job_is_an_event(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "fail")
    execute(laptop_cloud, do="train", **given)

    found = dead_letter(laptop_cloud, lambda message: given["job"] in message["Body"])

    event = json.loads(found["Body"])
    assert event["source"] == "aws.sagemaker"
    assert event["detail"]["TrainingJobStatus"] == "Failed"


def test_stopping_the_execution_stops_its_training_job(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "wait")
    sagemaker = ops(laptop_cloud)("sagemaker")
    states = ops(laptop_cloud)("stepfunctions")
    arn = start(laptop_cloud, do="train", **given)

    def status(wanted: str, field: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=given["job"])
        except sagemaker.exceptions.ClientError:
            return None
        return found if found[field] == wanted else None

    wait_for("training", lambda: status("Training", "SecondaryStatus"))
    states.stop_execution(executionArn=arn, error="Cancelled", cause="by the user")

    wait_for("end of the job", lambda: status("Stopped", "TrainingJobStatus"))
    assert states.describe_execution(executionArn=arn)["status"] == "ABORTED"


def test_passing_a_role_requires_a_permission(laptop_cloud: Cloud) -> None:
    given = order(laptop_cloud, "work") | {"role": laptop_cloud.outputs["UnpassableRole"]}

    ended = execute(laptop_cloud, do="train", **given)

    caught = ended["output"]["caught"]
    assert caught["Error"] == "SageMaker.AmazonSageMakerException"
    assert "iam:PassRole" in caught["Cause"]


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
