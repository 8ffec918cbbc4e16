"""Estimates from job durations."""

import math
from collections import Counter, defaultdict
from datetime import timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, strategies as st

from likeness.domain.jobs.estimate import (
    MIN_DURATIONS,
    STEP,
    active_time,
    bucket,
    estimate,
    latest,
    slot,
    work_time,
)
from likeness.domain.jobs.job import JobState, TimelineEntry, WaitingFor
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


def test_a_wait_is_not_active_time_and_none_is_counted_twice():
    """A later wait begins where the last one ended, whenever its cause began."""
    job = went((JobState.OPEN, 0), (JobState.MODERATING, 60)).change(state=JobState.MODERATING)
    second = [NOW + timedelta(seconds=s) for s in range(400)]
    detector, stopped = WaitingFor.DETECTOR, WaitingFor.STOPPED
    job = job.change(waits=job.waits_for(detector, second[70], second[70]))
    job = job.change(waits=job.waits_for(detector, second[90], second[90]))
    job = job.change(waits=job.waits_for(stopped, second[65], second[100]))

    assert (job.waiting.of, job.waiting.since) == (stopped, second[100])
    assert job.waited(second[110]).total_seconds() == 40
    done = job.move(JobState.GENERATING, second[120]).move(JobState.FINISHING, second[150])
    assert (done.waiting, done.waited(second[300]).total_seconds()) == (None, 50)
    assert work_time(done, second[160]).total_seconds() == 100
    assert active_time(done, second[160]).total_seconds() == 50


def test_an_ended_job_accumulates_no_working_time():
    job = went((JobState.OPEN, 0), (JobState.MODERATING, 60), (JobState.COMPLETED, 160))

    assert work_time(job, NOW + timedelta(days=1)).total_seconds() == 100


def histogram(durations_s):
    return Counter(map(bucket, durations_s))


@pytest.mark.parametrize("known", [0, 1, MIN_DURATIONS - 1])
def test_too_few_job_durations_give_no_estimate(known):
    assert estimate(histogram([100.0] * known), 0) is None


def near(seconds):
    """A duration is the middle of its bucket, and an estimate is rounded up."""
    return pytest.approx(seconds, abs=160 * (STEP - 1) / 2 + 1)


def test_quantiles_are_of_jobs_that_took_longer_than_this_one():
    durations = histogram(float(n) for n in range(61, 161))

    estimated = estimate(durations, 0)
    assert (estimated.p50_s, estimated.p90_s) == (near(110), near(150))
    estimated = estimate(durations, 120)  # 121 to 160 are left: the 20th and the 36th of them
    assert (estimated.p50_s, estimated.p90_s) == (near(20), near(36))
    assert estimated.measured_jobs == pytest.approx(40, abs=3)


def test_a_job_slower_than_nearly_all_others_has_no_estimate():
    assert estimate(histogram(float(n) for n in range(1, 101)), 97) is None


@given(durations, st.floats(0, 10_000))
def test_an_estimate_is_positive_and_its_p90_is_not_below_its_p50(durations_s, worked_s):
    estimated = estimate(histogram(durations_s), worked_s)

    if estimated:
        assert 0 < estimated.p50_s <= estimated.p90_s
        assert estimated.p90_s <= max(durations_s) * STEP - worked_s + 1


# --- as good as the durations themselves ---------------------------------------------------------

HOUR = 3600


def exact(durations_s, worked_s):
    """The estimate from the durations of the latest 100 jobs: p50 and p90."""
    longer = sorted(one for one in durations_s if one > worked_s)
    return [longer[math.ceil(q * len(longer)) - 1] - worked_s for q in (0.5, 0.9)]


def steady(_):
    return 180


def day_and_night(second):
    return 180 * (1.5 + math.sin(second / (24 * HOUR) * 2 * math.pi))


def overload(second):
    """A queue that grows for three hours up to 20 minutes, and empties within two."""
    return 180 + max(0, min((second - 6 * HOUR) / 9, (11 * HOUR - second) / 6))


def another_engine(second):
    return 60 if second > 8 * HOUR else 600


@pytest.mark.parametrize("typical", [steady, day_and_night, overload, another_engine])
@pytest.mark.parametrize("jobs_per_hour", [6, 60, 1200])
def test_an_estimate_is_as_near_to_what_follows_as_one_from_the_latest_100_jobs(
    typical, jobs_per_hour
):
    """Made-up histories of 12 hours. The error is the logarithm of estimate and truth."""
    random = Random(1)
    submitted = sorted(random.uniform(0, 12 * HOUR) for _ in range(12 * jobs_per_hour))
    history = [(at, typical(at) * random.lognormvariate(0, 0.3)) for at in submitted]
    places = [(slot(NOW + timedelta(seconds=at + took)), bucket(took)) for at, took in history]
    of_histogram, of_jobs = [], []
    for now in range(5 * HOUR, 12 * HOUR, 17 * 60):
        ended = [n for n, (at, took) in enumerate(history) if at + took <= now]
        follow = [took for at, took in history if at > now][:100]
        if len(ended) < MIN_DURATIONS or len(follow) < 5:
            continue
        truth = exact(follow, 0)
        slots = defaultdict(Counter)
        for start, length in (places[n] for n in ended):
            slots[start][length] += 1
        found = estimate(latest(slots[start] for start in sorted(slots, reverse=True)), 0)
        of_histogram += errors((found.p50_s, found.p90_s), truth)
        of_jobs += errors(exact([history[n][1] for n in ended[-100:]], 0), truth)

    assert len(of_histogram) > 20
    assert fmean(of_histogram) <= fmean(of_jobs) + STEP - 1


def errors(estimated, truth):
    return [abs(math.log(one / other)) for one, other in zip(estimated, truth, strict=True)]
