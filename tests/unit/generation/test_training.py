"""A training job of an attempt: started once, ended once, tried again for capacity."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_retention
from likeness.contracts.generation import TrainingEnded
from likeness.contracts.jobs import JobError
from likeness.domain.errors import (
    CapacityError,
    CapacityTimeout,
    Conflict,
    Unavailable,
)
from likeness.domain.generation.run import RunState
from likeness.domain.jobs.job import JobState
from likeness.entrypoints.training_events import read
from likeness.ports.generation import TrainingStatus
from likeness.services.generation.finish_training import finish_training
from likeness.services.generation.start_training import start_training
from tests.alarms import goes_off
from tests.builders import JOB
from tests.world import World

FIRST, SECOND = (f"likeness-{JOB}-a1-t{tries}" for tries in (1, 2))
DEADLINE = load_retention().deadline
DONE = {"job_id": JOB, "attempt": 1}
CHECKPOINT = f"work/{JOB}/r1/checkpoints/a01.png"


@pytest.fixture
def world():
    found = World()
    found.has(JobState.GENERATING, attempt=1)
    return found


def start(world, token="t1"):  # noqa: S107 - a task token
    world.workflow.waiting_tokens.add(token)
    start_training(
        JOB,
        1,
        token,
        jobs=world.jobs,
        runs=world.runs,
        training=world.training,
        workflow=world.workflow,
        readiness=world.readiness,
    )


def finish(world, status=None, *, tries=1):
    if status:
        world.training.statuses[f"likeness-{JOB}-a1-t{tries}"] = status
    return finish_training(
        TrainingEnded(job_id=JOB, attempt=1, tries=tries),
        jobs=world.jobs,
        runs=world.runs,
        training=world.training,
        files=world.files,
        workflow=world.workflow,
        readiness=world.readiness,
    )


def run(world):
    return world.runs.get(JOB, 1)


def stop(world):
    world.runs.save(run(world).stop())


# --- start ---------------------------------------------------------------------------------------


def test_a_training_job_is_started_and_the_task_token_stored(world):
    start(world)

    assert world.training.statuses == {FIRST: TrainingStatus.WAITING}
    assert (run(world).state, run(world).task_token) == (RunState.RUNNING, "t1")
    assert world.workflow.waiting_tokens == {"t1"}


def test_a_replayed_step_finds_its_training_job_and_stores_its_newer_token(world):
    start(world)
    start(world, "t2")

    assert list(world.training.statuses) == [FIRST]
    finish(world, TrainingStatus.COMPLETED)
    assert world.workflow.answers == {"t2": DONE}


def test_a_step_that_ended_before_it_stored_the_start_finds_its_training_job(world):
    world.training.before_return = lambda: raise_(Unavailable("timed out"))
    with pytest.raises(Unavailable):
        start(world)
    world.training.before_return = lambda: None
    world.training.statuses[FIRST] = TrainingStatus.COMPLETED

    start(world, "t2")

    assert list(world.training.statuses) == [FIRST]
    assert world.workflow.answers == {"t2": DONE}


@pytest.mark.parametrize(
    ("status", "answers", "failures"),
    [
        (TrainingStatus.COMPLETED, {"t2": DONE}, {}),
        (TrainingStatus.FAILED, {}, {"t2": JobError.GENERATION_FAILED}),
        (TrainingStatus.NO_CAPACITY, {}, {"t2": JobError.NO_CAPACITY}),
    ],
)
def test_an_end_whose_event_was_lost_is_seen_when_the_step_runs_again(
    world, status, answers, failures
):
    start(world)
    world.training.statuses[FIRST] = status

    start(world, "t2")

    assert (world.workflow.answers, world.workflow.failures) == (answers, failures)
    failed, waits = status is TrainingStatus.FAILED, status is TrainingStatus.NO_CAPACITY
    assert goes_off("generation-failed", world.metrics, times=5) is failed
    assert goes_off("no-capacity", world.metrics) is waits


def test_an_end_that_is_reported_twice_is_counted_once(world):
    start(world)

    finish(world, TrainingStatus.FAILED)
    finish(world, TrainingStatus.FAILED)

    assert world.metrics.counted == {"GenerationFailed": 1}


def test_a_training_job_that_fails_before_the_step_ends_fails_the_task_once(world):
    world.training.before_return = lambda: finish(world, TrainingStatus.NO_CAPACITY)

    start(world)

    assert world.workflow.failures == {"t1": JobError.NO_CAPACITY}
    assert run(world).state is RunState.FAILED


def test_an_attempt_that_is_stopped_while_it_starts_is_stopped_again(world):
    world.training.before_return = lambda: stop(world)

    with pytest.raises(Conflict):
        start(world)

    assert world.training.statuses == {FIRST: TrainingStatus.FAILED}


def test_a_stopped_attempt_is_not_started(world):
    start(world)
    stop(world)
    world.training.statuses.clear()

    with pytest.raises(Conflict):
        start(world, "t2")

    assert not world.training.statuses


def test_an_ended_job_starts_no_training(world):
    world.jobs.save(world.job.move(JobState.CANCELLING, world.clock.now()))

    with pytest.raises(Conflict):
        start(world)

    assert not world.training.statuses


# --- no capacity ---------------------------------------------------------------------------------


def test_after_a_failure_the_next_try_has_another_name(world):
    start(world)
    finish(world, TrainingStatus.NO_CAPACITY)

    start(world, "t2")

    assert list(world.training.statuses) == [FIRST, SECOND]
    finish(world, TrainingStatus.COMPLETED, tries=2)
    assert world.workflow.answers == {"t2": DONE}


def test_while_the_quota_is_used_up_the_name_is_not_used(world):
    world.training.quota_used_up = True
    with pytest.raises(CapacityError):
        start(world)
    assert goes_off("no-capacity", world.metrics)
    world.training.quota_used_up = False

    start(world, "t2")

    assert list(world.training.statuses) == [FIRST]


@pytest.mark.parametrize("quota_used_up", [True, False])
def test_two_hours_before_its_deadline_a_job_stops_waiting_for_capacity(world, quota_used_up):
    world.training.quota_used_up = quota_used_up
    if quota_used_up:
        with pytest.raises(CapacityError):
            start(world)
    else:
        start(world)
        finish(world, TrainingStatus.NO_CAPACITY)
    world.clock.advance(DEADLINE - timedelta(hours=2))

    with pytest.raises(CapacityTimeout):
        start(world, "t2")

    assert SECOND not in world.training.statuses


def test_a_training_job_that_still_has_no_instance_then_is_given_up(world):
    start(world)
    world.clock.advance(DEADLINE - timedelta(hours=2))

    with pytest.raises(CapacityTimeout):
        start(world, "t2")


def test_a_training_job_that_draws_then_is_not_given_up(world):
    start(world)
    world.training.statuses[FIRST] = TrainingStatus.RUNNING
    world.clock.advance(DEADLINE - timedelta(hours=2))

    start(world, "t2")

    assert world.workflow.failures == {}


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [TrainingStatus.WAITING, TrainingStatus.RUNNING])
def test_an_event_before_the_status_shows_the_end_is_tried_again(world, status):
    start(world)

    with pytest.raises(Unavailable):
        finish(world, status)

    assert world.workflow.waiting_tokens == {"t1"}


def test_a_repeated_event_is_idempotent(world):
    start(world)
    finish(world, TrainingStatus.NO_CAPACITY)
    before = run(world)

    assert not finish(world)

    assert run(world).state is before.state
    assert run(world).tries == before.tries


def test_the_event_of_an_earlier_try_changes_nothing(world):
    start(world)
    finish(world, TrainingStatus.NO_CAPACITY)
    start(world, "t2")
    before = run(world)

    assert not finish(world, tries=1)

    assert run(world) == before


def test_the_event_of_an_attempt_that_the_job_has_left_changes_nothing(world):
    start(world)
    world.jobs.save(world.job.move(JobState.FINISHING, world.clock.now()))
    world.avatar_objects.put(CHECKPOINT, b"avatar")

    assert not finish(world, TrainingStatus.COMPLETED)

    assert world.workflow.waiting_tokens == {"t1"}
    assert world.avatar_objects.listing() == [CHECKPOINT]


def test_what_a_stopped_attempt_wrote_late_is_deleted(world):
    start(world)
    stop(world)
    world.avatar_objects.put(CHECKPOINT, b"avatar")

    assert not finish(world, TrainingStatus.FAILED)

    assert world.avatar_objects.listing() == []


def test_what_a_job_of_an_erased_user_wrote_late_is_deleted(world):
    world.avatar_objects.put(CHECKPOINT, b"avatar")

    assert not finish(world, TrainingStatus.COMPLETED)

    assert world.avatar_objects.listing() == []


# --- SageMaker's event ---------------------------------------------------------------------------


def test_an_event_names_job_attempt_and_try():
    event = {"detail": {"TrainingJobName": f"likeness-{JOB}-a2-t12"}}

    assert read(event) == TrainingEnded(job_id=JOB, attempt=2, tries=12)


@pytest.mark.parametrize("name", ["likeness-by-hand-1", f"likeness-{JOB}-a1-t1-x", f"{JOB}-a1-t1"])
def test_the_event_of_another_training_job_is_ignored(name):
    assert read({"detail": {"TrainingJobName": name}}) is None


def raise_(error):
    raise error
