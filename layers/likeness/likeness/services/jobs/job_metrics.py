"""What the dashboard and the service level objectives count of each change of a job's state.

An event that is published again is counted again, which is rare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.jobs.estimate import work_time
from likeness.domain.jobs.job import ENDED, Job, JobState
from likeness.domain.reasons import Reason

if TYPE_CHECKING:
    from likeness.events import JobStateChanged
    from likeness.ports.runtime import Metrics

# Ends that are our fault, besides a failed job.
UNFULFILLED = frozenset({Reason.SYSTEM_TOO_FEW_AVATARS, Reason.SYSTEM_REVIEW_EXPIRED})


def count_change(change: JobStateChanged, job: Job, metrics: Metrics) -> None:
    """`job` may have changed since."""
    if change.test:
        return
    metrics.count(f"Jobs{camel(change.state)}")
    steps = zip(job.timeline, job.timeline[1:], strict=False)
    for before, after in steps:
        if (after.state, after.at) == (change.state, change.at):
            seconds = (after.at - before.at).total_seconds()
            metrics.measure(f"Seconds{camel(before.state)}", seconds, "Seconds")
    submitted = any(one.state is JobState.MODERATING for one in job.timeline)
    if change.state in ENDED and submitted:
        _count_end(change, job, metrics)


def _count_end(change: JobStateChanged, job: Job, metrics: Metrics) -> None:
    metrics.count("JobsEnded")
    if change.state is JobState.FAILED or change.reason in UNFULFILLED:
        metrics.count("JobsUnfulfilled")
    if change.reason is Reason.SYSTEM_REVIEW_EXPIRED:
        metrics.count("ReviewsMissed")
    if change.state is JobState.COMPLETED:
        seconds = work_time(job, change.at).total_seconds()
        metrics.measure("SecondsToAvatars", seconds, "Seconds")
    if change.state is JobState.FAILED and job.failure:
        metrics.count(f"JobsFailed{camel(job.failure)}")
    returned = change.reason is not None and change.reason.returns_day
    metrics.count("DaysReturned" if returned else "DaysSpent")


def camel(name: str) -> str:
    """`in_review` is `InReview`, as in the names of metrics."""
    return name.title().replace("_", "")
