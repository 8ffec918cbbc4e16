"""Cancelling: possible in any state before the avatars are published."""

import pytest

from likeness.contracts import JobError
from likeness.domain.errors import Conflict, NotFound, Unavailable
from likeness.domain.jobs.job import ENDED, JobState
from likeness.services.jobs.cancel_job import cancel_job
from tests.builders import JOB, NOW

RUNNING = sorted(set(JobState) - ENDED)


def cancel(world):
    return cancel_job(
        JOB, jobs=world.jobs, workflow=world.workflow, timers=world.timers, clock=world.clock
    )


@pytest.mark.parametrize("state", RUNNING)
def test_a_job_is_stopped_and_another_execution_ends_it(world, state):
    world.has(state)
    world.workflow.start(JOB)

    assert cancel(world).state is world.job.state is JobState.CANCELLING

    assert not world.workflow.running
    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


@pytest.mark.parametrize("down", [False, True])
def test_the_timer_of_a_cancelled_job_is_deleted_if_possible(world, down):
    world.has()
    world.timers.end_at(JOB, JobError.NOT_SUBMITTED, when=NOW)
    world.timers.down = down

    assert cancel(world).state is JobState.CANCELLING

    assert bool(world.timers.set) is down


def test_no_step_continues_a_cancelled_job(world):
    world.has(JobState.FINISHING)

    cancel(world)

    for state in set(JobState) - {JobState.CANCELLED}:
        with pytest.raises(Conflict):
            world.job.move(state, NOW)


def test_cancelling_is_idempotent(world):
    world.has(JobState.GENERATING)

    assert cancel(world) == cancel(world)

    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


def test_cancelling_a_cancelled_job_returns_its_state(world):
    world.has(JobState.CANCELLED)

    assert cancel(world).state is JobState.CANCELLED

    assert world.workflow.endings == []


@pytest.mark.parametrize("state", sorted(ENDED - {JobState.CANCELLED}))
def test_an_ended_job_cannot_be_cancelled(world, state):
    world.has(state)

    with pytest.raises(Conflict, match=state):
        cancel(world)


@pytest.mark.parametrize("call", ["stop", "end"])
def test_a_lost_call_is_repeated(world, monkeypatch, call):
    world.has(JobState.GENERATING)

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.workflow, call, lose)
    with pytest.raises(Unavailable):
        cancel(world)
    monkeypatch.undo()

    cancel(world)

    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        cancel(world)
