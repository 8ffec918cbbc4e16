"""Stopping an attempt on both backends; the fake."""

import pytest

from likeness.adapters.generation.generator import AnyBackend
from likeness.domain.errors import Conflict, Unavailable
from likeness.domain.generation.run import Run
from likeness.ports.generation import TrainingStatus
from tests.builders import JOB, NOW
from tests.fakes import FakeClock, FakeGenerator, FakeRuns, FakeTraining

RUN = Run(job_id=JOB, attempt=1, tries=2, requested_at=NOW, task_token="t1")


@pytest.fixture
def runs():
    return FakeRuns()


@pytest.fixture
def training():
    return FakeTraining()


@pytest.fixture
def both(runs, training):
    return AnyBackend(training, runs, FakeClock())


def test_the_last_try_of_an_attempt_is_stopped(both, runs, training):
    runs.save(RUN)
    training.start(RUN)

    both.stop(JOB, 1)
    both.stop(JOB, 1)

    assert training.statuses == {RUN.name: TrainingStatus.FAILED}
    assert runs.get(JOB, 1).stopped
    assert runs.get(JOB, 1).task_token is None


def test_only_after_a_failed_try_is_there_another_one():
    assert RUN.request("t2", NOW).tries == 2
    assert RUN.started().request("t2", NOW).tries == 2
    assert RUN.started().fail().request("t2", NOW).tries == 3


def test_an_attempt_that_is_about_to_start_is_stopped_too(both, runs):
    both.stop(JOB, 1)

    assert runs.get(JOB, 1).stopped
    with pytest.raises(Conflict):
        runs.get(JOB, 1).request("t1", NOW)


def test_the_record_is_stopped_before_the_training_job(both, runs, training, monkeypatch):
    """A step that starts the training job in between reads the record afterwards."""
    runs.save(RUN)
    seen = []
    monkeypatch.setattr(training, "stop", lambda run: seen.append(runs.get(JOB, 1).stopped))

    both.stop(JOB, 1)

    assert seen == [True]


def test_the_fake_polls_again_too():
    fake = FakeGenerator()
    fake.running.add((JOB, 1))
    fake.stopping = True
    with pytest.raises(Unavailable):
        fake.stop(JOB, 1)

    fake.stopping = False
    fake.stop(JOB, 1)

    assert not fake.running
