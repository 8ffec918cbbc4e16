"""How long a job will still take, told from jobs like it, or not at all."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from likeness.domain.jobs.job import Job, JobState
from likeness.domain.record import Record

MIN_DURATIONS = 20  # below that, a quantile says little: the 90th would rest on two jobs
MAX_DURATIONS = 100  # the latest ones
WORKING = frozenset({JobState.MODERATING, JobState.GENERATING, JobState.FINISHING})


class Estimate(Record):
    """Seconds from now until half, and nine in ten, of the jobs like this one were complete."""

    p50_s: int = Field(ge=0)
    p90_s: int = Field(ge=0)
    measured_jobs: int = Field(description="that this is told from")


def worked(job: Job, until: datetime) -> timedelta:
    """Time since the job was submitted, without the time that it waited for a human."""
    total = timedelta()
    for moment, after in zip(job.timeline, job.timeline[1:], strict=False):
        if moment.state in WORKING:
            total += after.at - moment.at
    if job.timeline and job.timeline[-1].state in WORKING:
        total += until - job.timeline[-1].at
    return total


def estimate(durations_s: Sequence[float], worked_s: float) -> Estimate | None:
    """What jobs that had worked as long as this one still took; None without enough of them.

    Conditional nearest-rank quantiles: of the past durations that exceed `worked_s`, the q-th
    (rank ceil(q * n)) less `worked_s`. A job slower than nearly all others gets no estimate, rather
    than one that is always about to be done.
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
