"""What is counted of each change of a job, and which objective's alarm goes off."""

from datetime import timedelta

import pytest

from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import JobState, TimelineEntry
from likeness.domain.reasons import Reason
from likeness.services.jobs.job_metrics import count_change
from tests.alarms import goes_off
from tests.builders import NOW, a_job, an_event
from tests.fakes import FakeMetrics

S = JobState
MINUTES = {S.OPEN: 0, S.MODERATING: 5, S.IN_REVIEW: 6, S.GENERATING: 66, S.FINISHING: 70}


@pytest.fixture
def metrics():
    return FakeMetrics()


def a_way(*states):
    return tuple(
        TimelineEntry(state=state, at=NOW + timedelta(minutes=MINUTES.get(state, 71)))
        for state in states
    )


def change(metrics, way, *, job=None, **fields):
    timeline = a_way(*way)
    job = a_job(way[-1], timeline=timeline, **(job or {}))
    last = timeline[-1]
    count_change(an_event(state=last.state, at=last.at, **fields), job, metrics)


REVIEWED = (S.OPEN, S.MODERATING, S.IN_REVIEW, S.GENERATING, S.FINISHING, S.COMPLETED)


def test_a_completed_job_counts_its_time_without_the_review(metrics):
    change(metrics, REVIEWED)

    assert metrics.counted == {"JobsCompleted": 1, "JobsEnded": 1, "DaysSpent": 1}
    assert metrics.measured == {"SecondsFinishing": [60], "SecondsToAvatars": [6 * 60]}


@pytest.mark.parametrize(
    ("length", "name", "seconds"),
    [(2, "Open", 300), (3, "Moderating", 60), (4, "InReview", 3600), (5, "Generating", 240)],
)
def test_each_stage_counts_the_time_of_the_one_before(metrics, length, name, seconds):
    change(metrics, REVIEWED[:length])

    assert metrics.measured == {f"Seconds{name}": [seconds]}


def test_a_job_that_went_on_in_between_counts_the_same(metrics):
    timeline = a_way(*REVIEWED)
    moderated = an_event(state=S.IN_REVIEW, at=timeline[2].at)

    count_change(moderated, a_job(S.COMPLETED, timeline=timeline), metrics)

    assert metrics.counted == {"JobsInReview": 1}
    assert metrics.measured == {"SecondsModerating": [60]}


FAULTS = [
    (S.FAILED, Reason.SYSTEM_UNAVAILABLE),
    (S.COMPLETED, Reason.SYSTEM_TOO_FEW_AVATARS),
    (S.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED),
]
ENDS = [
    (S.COMPLETED, None),
    (S.REFUSED, Reason.POLICY_NUDITY),
    (S.CANCELLED, Reason.SYSTEM_CANCELLED),
]


@pytest.mark.parametrize(("state", "reason"), [*FAULTS, *ENDS])
def test_the_objective_of_jobs_is_missed_by_faults_of_ours_alone(metrics, state, reason):
    change(metrics, (S.OPEN, S.MODERATING, state), reason=reason)

    ours = (state, reason) in FAULTS
    assert metrics.counted["JobsEnded"] == 1
    assert metrics.counted["JobsUnfulfilled"] == ours
    assert goes_off("objective-jobs", metrics, times=3) is ours


def test_three_failed_jobs_of_many_do_not_ring(metrics):
    for _ in range(50):
        change(metrics, (S.OPEN, S.MODERATING, S.COMPLETED))
    for _ in range(3):
        change(metrics, (S.OPEN, S.MODERATING, S.FAILED), reason=Reason.SYSTEM_UNAVAILABLE)

    assert not goes_off("objective-jobs", metrics)


def test_a_failure_counts_its_kind_and_returns_the_day(metrics):
    change(
        metrics,
        (S.OPEN, S.MODERATING, S.FAILED),
        reason=Reason.SYSTEM_UNAVAILABLE,
        job={"failure": FailureKind.CAPACITY},
    )

    assert metrics.counted["JobsFailedCapacity"] == metrics.counted["DaysReturned"] == 1
    assert metrics.counted["DaysSpent"] == 0


def test_a_job_that_was_not_submitted_misses_no_objective(metrics):
    change(metrics, (S.OPEN, S.EXPIRED), reason=Reason.SYSTEM_NOT_SUBMITTED)

    assert metrics.counted == {"JobsExpired": 1}


def test_operators_see_no_tests(metrics):
    change(metrics, REVIEWED, test=True)

    assert (metrics.counted, metrics.measured) == ({}, {})


@pytest.mark.parametrize(("slow", "missed"), [(2, False), (3, True)])
def test_the_objective_of_time_is_missed_when_three_in_ten_are_slow(metrics, slow, missed):
    metrics.measured["SecondsToAvatars"] = [900.0] * (10 - slow) + [901.0] * slow

    assert goes_off("objective-avatars", metrics) is missed


def test_a_single_slow_job_does_not_ring(metrics):
    metrics.measured["SecondsToAvatars"] = [5000.0]

    assert not goes_off("objective-avatars", metrics)
