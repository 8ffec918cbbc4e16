"""Stopping GPU work, on the fake and on SageMaker."""

import json

import pytest

from likeness.adapters.generation.generator import AnyBackend, TrainingJobs
from likeness.domain.errors import Conflict, Unavailable
from likeness.domain.generation.inference import Inference
from tests.builders import JOB, NOW
from tests.fakes import FakeClock, FakeGenerator, FakeInferences
from tests.integration.aws_answers import answer, fail


@pytest.fixture
def sagemaker(session):
    """moto has no StopTrainingJob: each test sets SageMaker's response."""
    return session.client("sagemaker")


def accepts(sagemaker) -> list[dict[str, str]]:
    """SageMaker accepts every stop; returns the list of its requests."""
    requests: list[dict[str, str]] = []
    sagemaker.meta.events.register(
        "before-call.sagemaker.StopTrainingJob",
        lambda params, **_: requests.append(json.loads(params["body"])) or answer(200, {}),
    )
    return requests


def says(sagemaker, status: str) -> None:
    sagemaker.meta.events.register(
        "before-call.sagemaker.DescribeTrainingJob",
        lambda **_: answer(200, {"TrainingJobStatus": status}),
    )


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_stopping_work_that_never_ran_succeeds(sagemaker, code):
    for operation in ("StopTrainingJob", "DescribeTrainingJob"):
        fail(sagemaker, operation, code, times=9)

    TrainingJobs(sagemaker).stop(JOB, 1)
    FakeGenerator().stop(JOB, 1)


def test_running_work_is_stopped(sagemaker):
    requests = accepts(sagemaker)
    says(sagemaker, "Stopped")

    TrainingJobs(sagemaker).stop(JOB, 1)

    assert requests == [{"TrainingJobName": f"likeness-{JOB}-r1"}]


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_work_that_is_still_stopping_is_polled_again(sagemaker, status):
    """It writes checkpoints until it ends, so nothing may be deleted before."""
    accepts(sagemaker)
    says(sagemaker, status)

    with pytest.raises(Unavailable):
        TrainingJobs(sagemaker).stop(JOB, 1)


def test_the_fake_polls_again_too():
    fake = FakeGenerator()
    fake.running.add((JOB, 1))
    fake.stopping = True
    with pytest.raises(Unavailable):
        fake.stop(JOB, 1)

    fake.stopping = False
    fake.stop(JOB, 1)

    assert not fake.running


def test_work_that_is_already_stopping_is_still_polled(sagemaker):
    """SageMaker refuses a second stop as a ValidationException."""
    fail(sagemaker, "StopTrainingJob", "ValidationException", times=9)
    says(sagemaker, "Stopping")

    with pytest.raises(Unavailable):
        TrainingJobs(sagemaker).stop(JOB, 1)


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_stopping_finished_work_succeeds(sagemaker, status):
    fail(sagemaker, "StopTrainingJob", "ValidationException", times=9)
    says(sagemaker, status)

    TrainingJobs(sagemaker).stop(JOB, 1)


@pytest.mark.parametrize("operation", ["StopTrainingJob", "DescribeTrainingJob"])
def test_a_denied_stop_is_an_error(sagemaker, operation):
    fail(sagemaker, operation, "AccessDeniedException", times=9)
    accepts(sagemaker)
    says(sagemaker, "Stopped")

    with pytest.raises(Unavailable):
        TrainingJobs(sagemaker).stop(JOB, 1)


# --- both backends -------------------------------------------------------------------------------


@pytest.fixture
def backends(sagemaker):
    """No training job runs; the endpoint's attempts are in memory."""
    for operation in ("StopTrainingJob", "DescribeTrainingJob"):
        fail(sagemaker, operation, "ValidationException", times=9)
    return AnyBackend(
        TrainingJobs(sagemaker), inferences := FakeInferences(), FakeClock()
    ), inferences


def test_an_attempt_on_the_endpoint_is_marked_as_stopped(backends):
    both, inferences = backends
    inferences.save(Inference(job_id=JOB, attempt=1, requested_at=NOW, task_token="t1"))

    both.stop(JOB, 1)
    both.stop(JOB, 1)

    assert inferences.get(JOB, 1).stopped
    assert inferences.get(JOB, 1).task_token is None


def test_an_attempt_that_is_about_to_be_requested_is_stopped_too(backends):
    both, inferences = backends

    both.stop(JOB, 1)

    assert inferences.get(JOB, 1).stopped
    with pytest.raises(Conflict):
        inferences.get(JOB, 1).request("t1")


def test_a_training_job_that_is_still_stopping_is_waited_for_first(sagemaker):
    accepts(sagemaker)
    says(sagemaker, "Stopping")
    inferences = FakeInferences()

    with pytest.raises(Unavailable):
        AnyBackend(TrainingJobs(sagemaker), inferences, FakeClock()).stop(JOB, 1)
