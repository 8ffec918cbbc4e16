"""Remaining time of a job, estimated from the durations of similar jobs."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from pydantic import Field

from likeness.domain.jobs.job import Job, JobState
from likeness.domain.record import Record

MIN_DURATIONS = 20  # with fewer, the 90th percentile rests on two jobs
ENOUGH = 100  # the latest are used
SLOT = timedelta(minutes=5)  # jobs that ended in it are counted together
STEP = 1.05  # from one bucket to the next: a duration is at most 2.5 % off
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORKING = frozenset({JobState.MODERATING, JobState.GENERATING, JobState.FINISHING})

Histogram = Mapping[int, int]  # number of jobs by bucket of their duration


class Estimate(Record):
    """Seconds from now until 50 % and 90 % of similar jobs were complete."""

    p50_s: int = Field(ge=0)
    p90_s: int = Field(ge=0)
    measured_jobs: int = Field(description="number of jobs that the estimate uses")


def work_time(job: Job, until: datetime) -> timedelta:
    """Returns the time since submission, without the time in review."""
    total = timedelta()
    for moment, after in zip(job.timeline, job.timeline[1:], strict=False):
        if moment.state in WORKING:
            total += after.at - moment.at
    if job.timeline and job.timeline[-1].state in WORKING:
        total += until - job.timeline[-1].at
    return total


def active_time(job: Job, until: datetime) -> timedelta:
    """Returns the time since submission, without the time in review and the waits."""
    return work_time(job, until) - job.waited(until)


def slot(ended_at: datetime) -> datetime:
    """Returns the start of the slot in which a job ended."""
    return ended_at - (ended_at - EPOCH) % SLOT


def bucket(duration_s: float) -> int:
    """Returns the bucket of a duration in a histogram with logarithmic steps."""
    return int(math.log(max(1.0, duration_s), STEP))


def latest(slots: Iterable[Histogram]) -> Histogram:
    """Adds up slots, the newest first, until they have ENOUGH jobs."""
    total: Counter[int] = Counter()
    for one in slots:
        total.update(one)
        if total.total() >= ENOUGH:
            break
    return total


def estimate(durations: Histogram, worked_s: float) -> Estimate | None:
    """Returns the remaining time of jobs that already took `worked_s`; None with too few of them.

    Conditional nearest-rank quantiles: of the durations above `worked_s`, the q-th (rank
    ceil(q * n)) minus `worked_s`. A duration is the middle of its bucket. A job slower than nearly
    all others gets no estimate: it would always be almost zero.
    """
    longer = {
        middle: jobs for of, jobs in durations.items() if (middle := STEP ** (of + 0.5)) > worked_s
    }
    measured = sum(longer.values())
    if sum(durations.values()) < MIN_DURATIONS or measured < MIN_DURATIONS // 4:
        return None
    return Estimate(
        p50_s=math.ceil(_quantile(longer, 0.5) - worked_s),
        p90_s=math.ceil(_quantile(longer, 0.9) - worked_s),
        measured_jobs=measured,
    )


def _quantile(durations: Mapping[float, int], q: float) -> float:
    ascending = sorted(durations)
    rank = math.ceil(q * sum(durations.values()))
    reached = accumulate(durations[duration] for duration in ascending)
    return next(of for of, n in zip(ascending, reached, strict=True) if n >= rank)
