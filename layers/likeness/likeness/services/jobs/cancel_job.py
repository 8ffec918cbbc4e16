"""Cancel a job: stop its work, delete its files, return its quota day."""

from contextlib import suppress

from likeness.api.app import JobStateView
from likeness.contracts import JobError
from likeness.domain.errors import JobEnded, Unavailable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.jobs import Jobs, Timers, Workflow
from likeness.ports.runtime import Clock


def cancel_job(
    job_id: JobId, *, jobs: Jobs, workflow: Workflow, timers: Timers, clock: Clock
) -> JobStateView:
    """Once CANCELLING is stored, no step can continue the job, so no avatar is published.

    The pipeline is stopped. A separate execution ends the job: it retries until the GPU work has
    stopped and all files are gone. Idempotent.
    """
    job = jobs.get(job_id)
    if job.state is JobState.CANCELLED:
        return JobStateView(job_id=job_id, state=job.state)
    if job.ended:
        raise JobEnded(f"job {job_id} is {job.state}: there is nothing left to cancel")
    if job.state is not JobState.CANCELLING:
        job = job.move(JobState.CANCELLING, clock.now())
        jobs.save(job)
    workflow.stop(job_id)
    workflow.end(job_id, JobError.CANCELLED)
    with suppress(Unavailable):  # FailJob changes nothing if the timer fires
        timers.cancel(job_id, JobError.NOT_SUBMITTED)
    return JobStateView(job_id=job_id, state=job.state)
