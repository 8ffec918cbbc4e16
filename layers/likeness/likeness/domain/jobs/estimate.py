"""Remaining time of a job, estimated from the durations of similar jobs."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from likeness.domain.jobs.job import Job, JobState
from likeness.domain.record import Record

MIN_DURATIONS = 20  # with fewer, the 90th percentile rests on two jobs
MAX_DURATIONS = 100  # the latest are used
WORKING = frozenset({JobState.MODERATING, JobState.GENERATING, JobState.FINISHING})


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


def estimate(durations_s: Sequence[float], worked_s: float) -> Estimate | None:
    """Returns the remaining time of jobs that already took `worked_s`; None with too few of them.

    Conditional nearest-rank quantiles: of the durations above `worked_s`, the q-th (rank
    ceil(q * n)) minus `worked_s`. A job slower than nearly all others gets no estimate: it would
    always be almost zero.
    """
    longer = sorted(duration for duration in durations_s if duration > worked_s)
    if len(durations_s) < MIN_DURATIONS or len(longer) < MIN_DURATIONS // 4:
        return None
    return Estimate(
        p50_s=math.ceil(_quantile(longer, 0.5) - worked_s),
        p90_s=math.ceil(_quantile(longer, 0.9) - worked_s),
        measured_jobs=len(longer),
    )


def _quantile(ascending: Sequence[float], q: float) -> float:
    return ascending[max(0, math.ceil(q * len(ascending)) - 1)]
