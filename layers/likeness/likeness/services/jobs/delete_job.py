"""Delete a job's files in any state: cancel a running job, delete a completed one's avatars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.jobs import JobStateView
from likeness.contracts.jobs import JobError
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import ConcurrentChange, Conflict
from likeness.domain.jobs.job import Job, JobState
from likeness.services.jobs.cancellation import cancel

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from likeness.domain.ids import JobId
    from likeness.ports.deletion import Deadlines, Deletions
    from likeness.ports.jobs import Jobs, Timers, Workflow
    from likeness.ports.provenance import Watermarks
    from likeness.ports.runtime import Clock

TRIES = 3  # a running job is changed by its pipeline


def delete_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    deletions: Deletions,
    watermarks: Watermarks,
    workflow: Workflow,
    timers: Timers,
    deadlines: Deadlines,
    clock: Clock,
    retry: timedelta,
) -> JobStateView:
    """Idempotent. A job that ended without avatars has nothing left: its state is returned.

    Raises ConcurrentChange if other requests changed the job at each try.
    """
    for n in range(1, TRIES + 1):
        job = jobs.get(job_id)
        try:
            if not job.ended:
                job = cancel(job, jobs=jobs, workflow=workflow, timers=timers, clock=clock)
            elif job.state is JobState.COMPLETED and job.avatars_deleted_at is None:
                job = _ask(job, jobs, deletions, clock.now())
                _delete_avatars(
                    job,
                    jobs=jobs,
                    watermarks=watermarks,
                    workflow=workflow,
                    deadlines=deadlines,
                    check_at=clock.now() + retry,
                )
            break
        except Conflict as race:
            if n == TRIES:
                raise ConcurrentChange(f"job {job_id} changes: try again") from race
    return JobStateView(job_id=job_id, state=job.state)


def _ask(job: Job, jobs: Jobs, deletions: Deletions, now: datetime) -> Job:
    """From now on the avatars are not shown, and ProveDeletion deletes them.

    Only the first request makes the deletion pending: a later one may come after the proof.
    """
    if job.avatars_deletion_asked_at is None:
        job = job.change(avatars_deletion_asked_at=now)
        jobs.save(job)
        pending = Deletion(job_id=job.job_id, state=DeletionState.PENDING)
        before = deletions.get(job.job_id) or pending
        deletions.save(before.model_copy(update={"state": pending.state}))
    return job


def _delete_avatars(
    job: Job,
    *,
    jobs: Jobs,
    watermarks: Watermarks,
    workflow: Workflow,
    deadlines: Deadlines,
    check_at: datetime,
) -> None:
    """A separate execution deletes, verifies and signs the receipt.

    The schedule repeats that until it succeeds: a job that is a day old has none any more.
    """
    watermarks.revoke([one.watermark for one in jobs.avatars(job.job_id) if one.watermark])
    deadlines.set(job.job_id, when=check_at)
    workflow.end(job.job_id, JobError.DELETED)
