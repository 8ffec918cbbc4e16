"""A job's state transitions: every allowed one, and every other one."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from likeness.domain.errors import Conflict
from likeness.domain.ids import JOB_ID
from likeness.domain.jobs.job import ENDED, Job, JobState, new_job_id
from likeness.domain.reasons import Reason
from tests.builders import NOW, TODAY, a_job

BAD_ENDS = {"refused", "cancelling", "expired", "failed"}
# Drawn from the path of a job in docs and state machine, not from the code's own table.
ALLOWED = {
    "open": {"moderating"} | BAD_ENDS,
    "moderating": {"in_review", "generating"} | BAD_ENDS,
    "in_review": {"generating"} | BAD_ENDS,
    "generating": {"finishing"} | BAD_ENDS,
    "finishing": {"generating", "completed"} | BAD_ENDS,
    "cancelling": {"cancelled"},
    "completed": set(),
    "refused": set(),
    "cancelled": set(),
    "expired": set(),
    "failed": set(),
}
MOVES = [(a, b) for a in JobState for b in JobState]


@pytest.mark.parametrize(("seen", "wanted"), [(a, b) for a, b in MOVES if b in ALLOWED[a]])
def test_an_allowed_transition_is_added_to_the_timeline(seen, wanted):
    job = a_job(seen)

    moved = job.move(wanted, NOW, reason=Reason.SYSTEM_UNAVAILABLE)

    assert (moved.state, moved.version) == (wanted, job.version + 1)
    assert moved.timeline[:-1] == job.timeline
    assert (moved.timeline[-1].state, moved.timeline[-1].at) == (wanted, NOW)
    assert moved.reason is Reason.SYSTEM_UNAVAILABLE


@pytest.mark.parametrize(("seen", "wanted"), [(a, b) for a, b in MOVES if b not in ALLOWED[a]])
def test_any_other_transition_is_a_conflict(seen, wanted):
    with pytest.raises(Conflict, match=f"is {seen} and cannot become {wanted}"):
        a_job(seen).move(wanted, NOW)


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_without_allowed_transitions_has_ended(state):
    assert a_job(state).ended is (not ALLOWED[state]) is (state in ENDED)


@pytest.mark.parametrize(("asked", "minimum"), [(1, 1), (2, 1), (3, 2), (29, 15), (30, 15)])
def test_half_of_the_avatars_rounded_up_is_the_minimum(asked, minimum):
    assert a_job(avatars=asked).min_avatars == minimum


def test_a_job_is_never_changed_in_place():
    job = a_job()
    job.move(JobState.MODERATING, NOW, day=TODAY)

    assert job == a_job()
    with pytest.raises(ValidationError):
        job.state = JobState.COMPLETED


@pytest.mark.parametrize(
    "fields",
    [{"avatars": 31}, {"avatars": 0}, {"styles": ()}, {"attempt": 3}, {"nonsense": 1}],
)
def test_a_change_is_validated(fields):
    with pytest.raises(ValidationError):
        a_job().change(**fields)


@pytest.mark.parametrize("state", list(JobState))
def test_require_raises_in_another_state(state):
    job = a_job(state)
    job.require(state)
    other = JobState.OPEN if state is not JobState.OPEN else JobState.FAILED

    with pytest.raises(Conflict, match=f"is {state}: this requires {other}"):
        job.require(other)


def test_ids_are_random_and_well_formed():
    ids = {new_job_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(JOB_ID.fullmatch(job_id) for job_id in ids)


def test_a_time_without_a_zone_is_invalid():
    with pytest.raises(ValidationError):
        Job.model_validate(a_job().model_dump() | {"created_at": NOW.replace(tzinfo=None)})
    assert a_job(created_at=NOW - timedelta(days=1))
