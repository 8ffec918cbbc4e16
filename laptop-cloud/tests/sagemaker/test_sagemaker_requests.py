"""Requests that SageMaker refuses, and lists of jobs."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.stub import Stubber

from laptop_cloud.sagemaker import Capacity
from support.lab import Lab, wait_for


def refused(lab: Lab, **changes: Any) -> tuple[str, str]:
    status, answer = lab.call("CreateTrainingJob", **lab.request(**changes))
    assert status == 400
    assert lab.call("DescribeTrainingJob", TrainingJobName="job-1")[0] == 400
    return answer["__type"], answer["message"]


def test_a_name_cannot_be_used_again_after_its_job(lab: Lab) -> None:
    lab.start()
    lab.finished()

    status, answer = lab.call("CreateTrainingJob", **lab.request())

    assert (status, answer["__type"]) == (400, "ResourceInUse")
    assert answer["message"] == (
        "Training job names must be unique within an AWS account and region, and a training job "
        "with this name already exists "
        "(arn:aws:sagemaker:eu-central-1:123456789012:training-job/job-1)"
    )


def test_of_concurrent_calls_with_one_name_one_succeeds(lab: Lab) -> None:
    lab.rebuild(capacity=lambda: Capacity(per_instance_type=10))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: lab.call("CreateTrainingJob", **lab.request()), range(8)))

    assert sorted(status for status, _ in answers) == [200] + [400] * 7
    lab.finished()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"TrainingJobName": "no_underscores"},
            "1 validation error detected: Value 'no_underscores' at 'trainingJobName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: ",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.laptop", "InstanceCount": 1}},
            "Value 'ml.laptop' at 'resourceConfig.instanceType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [",
        ),
        (
            {"HyperParameters": {"x": "y" * 2501}},
            "at 'hyperParameters.x.value' failed to satisfy constraint: Member must have length "
            "less than or equal to 2500",
        ),
        ({"OutputDataConfig": {"S3OutputPath": "output"}}, "'outputDataConfig.s3OutputPath'"),
        ({"OutputDataConfig": {"S3OutputPath": "https://bucket/output"}}, "begin with s3://"),
        ({"StoppingCondition": None}, "StoppingCondition is required"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "'stoppingCondition.maxRuntimeInSeconds'",
        ),
        (
            {"EnableManagedSpotTraining": True},
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to",
        ),
        (
            {"AlgorithmSpecification": {"TrainingImage": "report", "TrainingInputMode": "Pipe"}},
            "Only the TrainingInputMode File",
        ),
        (
            {"AlgorithmSpecification": {"TrainingImage": "nothing", "TrainingInputMode": "File"}},
            "Cannot find image nothing",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}},
            "InstanceCount must be 1",
        ),
        (
            {"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/model"}},
            "LocalPath must be a directory of its own below /opt/ml",
        ),
        (
            {"CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/../../etc"}},
            "LocalPath must be a directory of its own below /opt/ml",
        ),
        ({"RoleArn": "arn:aws:iam::123456789012:role/unknown"}, "Could not assume role arn:aws"),
    ],
)
def test_a_bad_request_has_a_message(lab: Lab, changes: dict[str, Any], words: str) -> None:
    code, message = refused(lab, **changes)

    assert code == "ValidationException"
    assert words in message
    assert lab.leftovers() == []


def test_a_value_of_the_wrong_type_is_a_serialization_error(lab: Lab) -> None:
    code, message = refused(lab, HyperParameters={"epochs": 3})

    assert code == "SerializationException"
    assert "hyperParameters.epochs.value" in message


def test_several_faults_are_counted(lab: Lab) -> None:
    _, message = refused(lab, RoleArn=None, TrainingJobName="-")

    assert message.startswith("2 validation errors detected: ")


def test_a_channel_without_an_object_is_refused(lab: Lab) -> None:
    code, message = refused(lab, InputDataConfig=[lab.channel("photos", "photos/unknown/")])

    assert code == "ValidationException"
    assert message.startswith(
        f'No S3 objects found under S3 URL "s3://{lab.bucket}/photos/unknown/"'
    )
    assert '"s3:ListBucket" permissions on bucket' in message


def test_more_jobs_than_the_limit_are_refused_until_one_ends(lab: Lab) -> None:
    lab.rebuild(capacity=lambda: Capacity(per_instance_type=1))
    lab.start("wait")

    code, message = refused_named(lab, "job-2")

    assert code == "ResourceLimitExceeded"
    assert message.startswith(
        "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances, "
        "with current utilization of 1 Instances and a request delta of 1 Instances."
    )
    wait_for(lambda: lab.describe()["SecondaryStatus"] == "Training")
    lab.call("StopTrainingJob", TrainingJobName="job-1")
    lab.finished()
    lab.start(TrainingJobName="job-2")
    assert lab.finished("job-2")["TrainingJobStatus"] == "Completed"


def refused_named(lab: Lab, name: str) -> tuple[str, str]:
    status, answer = lab.call("CreateTrainingJob", **lab.request(TrainingJobName=name))
    assert status == 400
    return answer["__type"], answer["message"]


@pytest.mark.parametrize("operation", ["DescribeTrainingJob", "StopTrainingJob"])
def test_an_unknown_job_is_not_found(lab: Lab, operation: str) -> None:
    assert lab.call(operation, TrainingJobName="unknown") == (
        400,
        {"__type": "ValidationException", "message": "Requested resource not found."},
    )


def test_a_finished_job_cannot_be_stopped(lab: Lab) -> None:
    lab.start()
    lab.finished()

    _, answer = lab.call("StopTrainingJob", TrainingJobName="job-1")

    words = "The request was rejected because the training job is in status Completed."
    assert answer["message"] == words


def test_an_unknown_operation_is_named(lab: Lab) -> None:
    status, answer = lab.call("CreateTransformJob")

    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert "CreateTransformJob" in answer["message"]


def test_jobs_are_listed_page_by_page_newest_first(lab: Lab) -> None:
    for number in range(3):
        lab.start(TrainingJobName=f"job-{number}")
        lab.finished(f"job-{number}")

    _, first = lab.call("ListTrainingJobs", MaxResults=2)
    _, second = lab.call("ListTrainingJobs", MaxResults=2, NextToken=first["NextToken"])

    names = [job["TrainingJobName"] for job in first["TrainingJobSummaries"]]
    assert names == ["job-2", "job-1"]
    assert [job["TrainingJobName"] for job in second["TrainingJobSummaries"]] == ["job-0"]
    assert "NextToken" not in second


def test_a_list_can_be_filtered(lab: Lab) -> None:
    lab.start(TrainingJobName="good")
    lab.start("fail", TrainingJobName="bad", HyperParameters={"code": "1"})
    lab.finished("good")
    end = lab.finished("bad")["CreationTime"]

    def listed(**given: Any) -> list[str]:
        _, answer = lab.call("ListTrainingJobs", SortBy="Name", SortOrder="Ascending", **given)
        return [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]

    assert listed() == ["bad", "good"]
    assert listed(StatusEquals="Failed") == ["bad"]
    assert listed(NameContains="OO") == ["good"]
    assert listed(CreationTimeAfter=end + 60) == []
    assert listed(CreationTimeBefore=end + 60) == ["bad", "good"]


def test_boto3_parses_every_response(lab: Lab) -> None:
    """Each response is parsed by botocore with the operation's output shape."""
    lab.start(HyperParameters={"a": "b"}, CheckpointConfig=lab.checkpoints())
    described = lab.finished()
    client = boto3.client("sagemaker", region_name="eu-central-1")
    with Stubber(client) as stub:
        stub.add_response("describe_training_job", _parsed(client, described))
        answer = client.describe_training_job(TrainingJobName="job-1")
    assert answer["TrainingEndTime"] >= answer["TrainingStartTime"]
    assert answer["SecondaryStatusTransitions"][-1]["Status"] == "Completed"


def _parsed(client: Any, answer: dict[str, Any]) -> dict[str, Any]:
    shape = client.meta.service_model.operation_model("DescribeTrainingJob").output_shape
    response = {"status_code": 200, "headers": {}, "body": json.dumps(answer).encode()}
    parsed = create_parser("json").parse(response, shape)
    parsed.pop("ResponseMetadata")
    return parsed


def test_an_error_reaches_boto3_with_its_code(lab: Lab) -> None:
    _, answer = lab.call("DescribeTrainingJob", TrainingJobName="unknown")
    client = boto3.client("sagemaker", region_name="eu-central-1")
    shape = client.meta.service_model.operation_model("DescribeTrainingJob").output_shape
    response = {"status_code": 400, "headers": {}, "body": json.dumps(answer).encode()}

    parsed = create_parser("json").parse(response, shape)

    error = ClientError(parsed, "DescribeTrainingJob")
    assert error.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Requested resource not found.",
    }
