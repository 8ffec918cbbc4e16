"""Cancel a job at any moment: work stopped, everything deleted, the day given back."""

from likeness.api.app import Submitted
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.jobs import Jobs, Workflow
from likeness.ports.runtime import Clock
from likeness.services.jobs.fail_job import CANCELLED


def cancel_job(job_id: JobId, *, jobs: Jobs, workflow: Workflow, clock: Clock) -> Submitted:
    """From the moment that this is stored no step can carry the job on, so no avatar is published.

    Its pipeline is stopped, and another execution ends it, which tries until the GPU has stopped
    and everything is gone. Asked again, it asks for that again.
    """
    job = jobs.get(job_id)
    if job.state is JobState.CANCELLED:
        return Submitted(job_id=job_id, state=job.state)
    if job.ended:
        raise Conflict(f"job {job_id} is {job.state}: there is nothing left to cancel")
    if job.state is not JobState.CANCELLING:
        job = job.move(JobState.CANCELLING, clock.now())
        jobs.save(job)
    workflow.stop(job_id)
    workflow.end(job_id, CANCELLED)
    return Submitted(job_id=job_id, state=job.state)
