"""Estimates from job durations."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from likeness.domain.jobs.estimate import MIN_DURATIONS, estimate, work_time
from likeness.domain.jobs.job import JobState, TimelineEntry
from tests.builders import NOW, a_job

durations = st.lists(st.floats(1, 10_000), min_size=MIN_DURATIONS, max_size=100)


def went(*moments: tuple[JobState, int]):
    """A job that entered each state at that second."""
    timeline = tuple(
        TimelineEntry(state=state, at=NOW + timedelta(seconds=s)) for state, s in moments
    )
    return a_job(timeline=timeline)


def test_waiting_for_a_human_is_not_work():
    job = went(
        (JobState.OPEN, 0),
        (JobState.MODERATING, 60),
        (JobState.IN_REVIEW, 65),
        (JobState.GENERATING, 4000),
        (JobState.FINISHING, 4030),
    )

    assert work_time(job, NOW + timedelta(seconds=4040)).total_seconds() == 5 + 30 + 10


def test_an_ended_job_accumulates_no_working_time():
    job = went((JobState.OPEN, 0), (JobState.MODERATING, 60), (JobState.COMPLETED, 160))

    assert work_time(job, NOW + timedelta(days=1)).total_seconds() == 100


@pytest.mark.parametrize("known", [0, 1, MIN_DURATIONS - 1])
def test_too_few_job_durations_give_no_estimate(known):
    assert estimate([100.0] * known, 0) is None


def test_quantiles_are_of_jobs_that_took_longer_than_this_one():
    durations_s = [float(n) for n in range(1, 101)]

    assert (estimate(durations_s, 0).p50_s, estimate(durations_s, 0).p90_s) == (50, 90)
    estimated = estimate(durations_s, 60)  # 61 to 100 are left: the 20th and the 36th of them
    assert (estimated.p50_s, estimated.p90_s, estimated.measured_jobs) == (20, 36, 40)


def test_a_job_slower_than_nearly_all_others_has_no_estimate():
    durations_s = [float(n) for n in range(1, 101)]

    assert estimate(durations_s, 96) is None


@given(durations, st.floats(0, 10_000))
def test_an_estimate_is_positive_and_its_p90_is_not_below_its_p50(durations_s, worked_s):
    estimated = estimate(durations_s, worked_s)

    if estimated:
        assert 0 < estimated.p50_s <= estimated.p90_s <= max(durations_s) - worked_s + 1
