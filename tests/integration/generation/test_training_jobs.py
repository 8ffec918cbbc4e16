"""SageMaker's training jobs: what is requested, how their ends are read, how they are stopped."""

import json
from dataclasses import replace

import pytest

from likeness.adapters.generation.training_jobs import TrainingJobs, TrainingSettings
from likeness.domain.errors import CapacityError, NotFound, Unavailable
from likeness.domain.generation.run import Run
from likeness.ports.generation import TrainingStatus
from tests.builders import JOB, NOW
from tests.integration.aws_answers import answer, fail

RUN = Run(job_id=JOB, attempt=2, tries=3, requested_at=NOW)
NAME = f"likeness-{JOB}-a2-t3"
SETTINGS = TrainingSettings(
    image="image@sha256:1",
    role="arn:aws:iam::123456789012:role/training",
    instance="ml.g6.xlarge",
    volume_gb=30,
    warm_seconds=0,
    key="arn:aws:kms:eu-central-1:123456789012:key/1",
    tags={"product": "likeness", "stage": "test"},
    photos_bucket="photos",
    avatars_bucket="avatars",
    weights_uri=None,
)


@pytest.fixture
def sagemaker(session):
    """moto has no StopTrainingJob: each test sets SageMaker's response."""
    return session.client("sagemaker")


@pytest.fixture
def training(sagemaker):
    return TrainingJobs(sagemaker, SETTINGS)


def accepts(sagemaker, operation) -> list[dict]:
    """SageMaker accepts every call; returns the list of its requests, checked by botocore."""
    requests: list[dict] = []
    sagemaker.meta.events.register(
        f"before-call.sagemaker.{operation}",
        lambda params, **_: requests.append(json.loads(params["body"])) or answer(200, {}),
    )
    return requests


def says(sagemaker, status: str, **more: str) -> None:
    sagemaker.meta.events.register(
        "before-call.sagemaker.DescribeTrainingJob",
        lambda **_: answer(200, {"TrainingJobStatus": status, **more}),
    )


def unknown(sagemaker, *operations: str, code: str = "ValidationException") -> None:
    for operation in operations:
        fail(sagemaker, operation, code, times=9)


# --- start ---------------------------------------------------------------------------------------


def test_a_training_job_reads_photos_and_order_and_writes_checkpoints_of_its_attempt(
    training, sagemaker
):
    (request,) = started(training, sagemaker)

    folder = f"s3://avatars/work/{JOB}/r2"
    assert request["TrainingJobName"] == NAME
    assert len(request["TrainingJobName"]) <= 63
    assert channels(request) == {
        "photos": f"s3://photos/photos/{JOB}/",
        "order": f"{folder}/order/",
    }
    assert request["CheckpointConfig"] == {"S3Uri": f"{folder}/checkpoints/"}
    assert request["OutputDataConfig"]["S3OutputPath"] == f"{folder}/output/"
    assert request["OutputDataConfig"]["KmsKeyId"] == SETTINGS.key


def test_a_training_job_has_no_network_and_tags_for_the_bill(training, sagemaker):
    (request,) = started(training, sagemaker)

    assert request["EnableNetworkIsolation"] is True
    assert {"Key": "product", "Value": "likeness"} in request["Tags"]
    assert {"Key": "stage", "Value": "test"} in request["Tags"]
    assert request["AlgorithmSpecification"]["MetricDefinitions"]


@pytest.mark.parametrize(("seconds", "keeps"), [(0, {}), (600, {"KeepAlivePeriodInSeconds": 600})])
def test_only_a_warm_pool_has_a_keep_alive_period(sagemaker, seconds, keeps):
    (request,) = started(
        TrainingJobs(sagemaker, replace(SETTINGS, warm_seconds=seconds)), sagemaker
    )

    assert request["ResourceConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.g6.xlarge",
        "VolumeSizeInGB": 30,
        **keeps,
    }


def test_the_operators_weights_are_a_channel_of_their_own(sagemaker):
    weights = TrainingJobs(sagemaker, replace(SETTINGS, weights_uri="s3://weights/klein/"))

    (request,) = started(weights, sagemaker)

    assert channels(request)["weights"] == "s3://weights/klein/"


def test_a_training_job_that_exists_is_not_created_again(training, sagemaker):
    fail(sagemaker, "CreateTrainingJob", "ResourceInUse", times=9)

    assert not training.start(RUN)


def test_a_used_up_quota_is_a_capacity_error(training, sagemaker):
    fail(sagemaker, "CreateTrainingJob", "ResourceLimitExceeded", times=9)

    with pytest.raises(CapacityError):
        training.start(RUN)


@pytest.mark.parametrize("code", ["ThrottlingException", "ValidationException"])
def test_any_other_error_can_be_retried(training, sagemaker, code):
    fail(sagemaker, "CreateTrainingJob", code, times=9)

    with pytest.raises(Unavailable):
        training.start(RUN)


def started(training, sagemaker):
    requests = accepts(sagemaker, "CreateTrainingJob")
    assert training.start(RUN)
    return requests


def channels(request) -> dict[str, str]:
    return {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in request["InputDataConfig"]
    }


# --- status --------------------------------------------------------------------------------------

NO_INSTANCE = (
    "CapacityError: Unable to provision requested ML compute capacity. "
    "Please retry using a different ML instance type."
)


@pytest.mark.parametrize(
    ("status", "more", "read"),
    [
        ("InProgress", {"SecondaryStatus": "Starting"}, TrainingStatus.WAITING),
        ("InProgress", {"SecondaryStatus": "Pending"}, TrainingStatus.WAITING),
        ("InProgress", {"SecondaryStatus": "Training"}, TrainingStatus.RUNNING),
        ("Stopping", {"SecondaryStatus": "Stopping"}, TrainingStatus.RUNNING),
        ("Completed", {}, TrainingStatus.COMPLETED),
        ("Stopped", {"SecondaryStatus": "MaxRuntimeExceeded"}, TrainingStatus.FAILED),
        ("Failed", {"FailureReason": "AlgorithmError: exit code: 1"}, TrainingStatus.FAILED),
        ("Failed", {}, TrainingStatus.FAILED),
        ("Failed", {"FailureReason": NO_INSTANCE}, TrainingStatus.NO_CAPACITY),
    ],
)
def test_a_status_is_read(training, sagemaker, status, more, read):
    says(sagemaker, status, **more)

    assert training.status(RUN) is read


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_an_unknown_training_job_has_no_status(training, sagemaker, code):
    unknown(sagemaker, "DescribeTrainingJob", code=code)

    with pytest.raises(NotFound):
        training.status(RUN)


# --- stop ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_stopping_work_that_never_ran_succeeds(training, sagemaker, code):
    unknown(sagemaker, "StopTrainingJob", "DescribeTrainingJob", code=code)

    training.stop(RUN)


def test_running_work_is_stopped(training, sagemaker):
    requests = accepts(sagemaker, "StopTrainingJob")
    says(sagemaker, "Stopped")

    training.stop(RUN)

    assert requests == [{"TrainingJobName": NAME}]


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_work_that_is_still_stopping_is_polled_again(training, sagemaker, status):
    """It writes checkpoints until it ends, so nothing may be deleted before."""
    accepts(sagemaker, "StopTrainingJob")
    says(sagemaker, status)

    with pytest.raises(Unavailable):
        training.stop(RUN)


def test_work_that_is_already_stopping_is_still_polled(training, sagemaker):
    """SageMaker refuses a second stop as a ValidationException."""
    unknown(sagemaker, "StopTrainingJob")
    says(sagemaker, "Stopping")

    with pytest.raises(Unavailable):
        training.stop(RUN)


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_stopping_finished_work_succeeds(training, sagemaker, status):
    unknown(sagemaker, "StopTrainingJob")
    says(sagemaker, status)

    training.stop(RUN)


@pytest.mark.parametrize("operation", ["StopTrainingJob", "DescribeTrainingJob"])
def test_a_denied_stop_is_an_error(training, sagemaker, operation):
    fail(sagemaker, operation, "AccessDeniedException", times=9)
    accepts(sagemaker, "StopTrainingJob")
    says(sagemaker, "Stopped")

    with pytest.raises(Unavailable):
        training.stop(RUN)
