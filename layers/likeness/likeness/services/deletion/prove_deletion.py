"""Prove that a job's photos, or all its files, are gone: delete, verify, sign a receipt."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.contracts.deletion import ProveDeletionResult
from likeness.domain.deletion.receipt import (
    DRAWN,
    EVERYWHERE,
    PHOTOS,
    PUBLISHED,
    WORK,
    DeletionState,
)
from likeness.domain.errors import Conflict, NotFound, Unavailable
from likeness.domain.jobs.job import Job, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from likeness.domain.deletion.retention import Retention
    from likeness.domain.ids import JobId
    from likeness.ports.deletion import Deadlines
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.ports.review import Appeals
    from likeness.ports.runtime import Clock
    from likeness.services.deletion.job_deletion import JobDeletion
    from likeness.services.deletion.job_receipts import JobReceipts


def prove_deletion(
    job_id: JobId,
    *,
    overdue: bool,
    jobs: Jobs,
    appeals: Appeals,
    deletion: JobDeletion,
    receipts: JobReceipts,
    workflow: Workflow,
    deadlines: Deadlines,
    clock: Clock,
    rules: Retention,
    end: Callable[[JobId], object],
) -> ProveDeletionResult:
    """The last step of a pipeline, and the target of the job's deadline schedule.

    `overdue`: the schedule fired, so the job must end, in whatever state its state machine is.
    Its execution is stopped, its photos are deleted, and `end` (the use case fail_job) ends it.
    Every failure leaves the deletion pending, raises an alarm, and moves the schedule so that it
    fires again in minutes, until the deletion is proven.
    """
    job = None
    try:
        with suppress(NotFound):  # the user was erased; the job's files must still be deleted
            job = jobs.get(job_id)
        hold = deletion.is_on_hold(job_id)
        if overdue and job and not job.ended:
            workflow.stop(job_id)
            with suppress(Unavailable):  # the same failure occurs again below, after the job ended
                if not hold:  # photos first, even if the container cannot be stopped
                    deletion.delete(job_id, PHOTOS)
            end(job_id)
            job = jobs.get(job_id)
        if job and not job.ended:
            raise Conflict(f"job {job_id} is {job.state}: its photos are in use")
        objects = 0
        if hold:
            if job and not receipts.is_issued(job_id, DeletionState.HELD):
                receipts.issue_hold(job_id, clock.now())
        else:
            appeal = None if overdue else appeals.get(job_id)
            contested = appeal is not None and appeal.undecided
            objects = _delete(
                job_id,
                job,
                contested=contested,
                jobs=jobs,
                deletion=deletion,
                receipts=receipts,
                clock=clock,
            )
    except Unavailable:
        deletion.mark_pending(job_id)
        with suppress(Unavailable):  # the schedule stays as it is
            deadlines.move(job_id, when=clock.now() + rules.retry)
        raise
    if overdue:
        _close_schedule(job, job_id, deadlines, clock, rules)
    return ProveDeletionResult(job_id=job_id, objects=objects)


def _delete(
    job_id: JobId,
    job: Job | None,
    *,
    contested: bool,
    jobs: Jobs,
    deletion: JobDeletion,
    receipts: JobReceipts,
    clock: Clock,
) -> int:
    """Delete, verify, and sign a receipt: once, and again if more was deleted.

    The user may ask for the deletion of the avatars at the same time: then it starts again, so that
    the last receipt names them.
    """
    if job is None:
        objects = deletion.files.delete(job_id, EVERYWHERE)
        deletion.verify(job_id, EVERYWHERE)
        return objects
    objects, again = 0, False
    while True:
        places = _places(job, contested=contested)
        found = deletion.delete(job_id, places)
        deletion.verify(job_id, places)
        objects += found
        if deletion.is_preserved(job_id):
            if not receipts.is_issued(job_id, DeletionState.HELD):
                receipts.issue_hold(job_id, clock.now())
            return objects
        proven = _proven(job, places, clock)
        if found or proven or again or not receipts.is_issued(job_id, DeletionState.DELETED):
            lived = receipts.issue(job_id, jobs.photos(job_id), places, clock.now())
            deletion.metrics.measure("PhotoSeconds", lived, "Seconds")
        if proven:
            jobs.save(job.change(**proven))
        asked = job.avatars_deletion_asked_at
        job, again = jobs.get(job_id), True
        if job.avatars_deletion_asked_at == asked:
            return objects


def _places(job: Job, *, contested: bool) -> tuple[str, ...]:
    """Not the avatars that the user has, and not the photos of an appeal that is not decided."""
    shown = job.state is JobState.COMPLETED and job.avatars_deletion_asked_at is None
    return (*(() if contested else PHOTOS), *WORK, *DRAWN, *(() if shown else PUBLISHED))


def _proven(job: Job, places: Sequence[str], clock: Clock) -> dict[str, datetime]:
    """Return what the job does not say yet: since when photos and avatars are gone."""
    proven = {}
    if job.photos_deleted_at is None and set(PHOTOS) <= set(places):
        proven["photos_deleted_at"] = clock.now()
    if job.avatars_deletion_asked_at and job.avatars_deleted_at is None:
        proven["avatars_deleted_at"] = clock.now()
    return proven


def _close_schedule(
    job: Job | None, job_id: JobId, deadlines: Deadlines, clock: Clock, rules: Retention
) -> None:
    """Delete the schedule after the deadline; before it, move it there for a last check."""
    due = job.created_at + rules.deadline if job else None
    if due and clock.now() < due:
        deadlines.move(job_id, when=due)
    else:
        deadlines.delete(job_id)
