"""Cancel a running job: stop its work. A separate execution deletes its files and ends it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.contracts.jobs import JobError
from likeness.domain.errors import Unavailable
from likeness.domain.jobs.job import Job, JobState

if TYPE_CHECKING:
    from likeness.ports.jobs import Jobs, Timers, Workflow
    from likeness.ports.runtime import Clock


def cancel(job: Job, *, jobs: Jobs, workflow: Workflow, timers: Timers, clock: Clock) -> Job:
    """Once CANCELLING is stored, no step can continue the job, so no avatar is published.

    The pipeline is stopped. A separate execution ends the job: it retries until the GPU work has
    stopped and all files are gone. Idempotent. Raises Conflict if the job has ended or was changed.
    """
    if job.state is not JobState.CANCELLING:
        job = job.move(JobState.CANCELLING, clock.now())
        jobs.save(job)
    workflow.stop(job.job_id)
    workflow.end(job.job_id, JobError.CANCELLED)
    with suppress(Unavailable):  # FailJob changes nothing if the timer fires
        timers.cancel(job.job_id, JobError.NOT_SUBMITTED)
    return job
