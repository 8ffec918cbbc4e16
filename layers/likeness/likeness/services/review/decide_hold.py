"""A lead decides about a hold: apparently illegal, or back to normal review."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.contracts.jobs import JobError
from likeness.domain.errors import Conflict, InProgress, NotFound
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.review.audit import SYSTEM, AuditAction, about
from likeness.domain.review.hold import Hold, HoldState, about_hold
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.presenters.holds import hold_view
from likeness.services.review.holds import hold_for

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from likeness.api.holds import DecideHold, HoldView
    from likeness.domain.ids import JobId
    from likeness.domain.review.case import Moderator, Review
    from likeness.ports.deletion import Deadlines, Deletions
    from likeness.ports.holds import HoldFiles, Holds
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def decide_hold(
    job_id: JobId,
    decision: DecideHold,
    *,
    moderator: Moderator,
    holds: Holds,
    files: HoldFiles,
    jobs: Jobs,
    reviews: Reviews,
    deletions: Deletions,
    deadlines: Deadlines,
    workflow: Workflow,
    clock: Clock,
    retain: timedelta,
) -> HoldView:
    """The decision is stored before it takes effect.

    Idempotent: the same decision again, of any lead, repeats only what follows from it.
    Confirmed: the copies are retained, and the job ends with a reason that warns no user.
    Returned: the copies are deleted, and moderators decide the case.
    """
    now = clock.now()
    hold = hold_for(job_id, moderator, holds)
    wanted = HoldState.CONFIRMED if decision.confirm else HoldState.RETURNED
    if hold.state is not wanted:
        _require_preserved(job_id, deletions)
        if decision.confirm:
            hold = hold.confirm(moderator.id, now, retain=retain)
        else:
            hold = hold.return_(moderator.id, now)
        action = AuditAction.HOLD_CONFIRMED if decision.confirm else AuditAction.HOLD_RETURNED
        holds.save(hold, about_hold(hold, action, now, actor=moderator.id))
    job = _find(job_id, jobs)
    if hold.retain_until:
        files.retain(job_id, hold.retain_until)
        if job:
            _close(job, hold, now, reviews=reviews, workflow=workflow)
    else:
        files.delete(job_id)
        if job:
            _return(job, now, reviews=reviews, deletions=deletions, deadlines=deadlines)
    return hold_view(hold)


def _require_preserved(job_id: JobId, deletions: Deletions) -> None:
    deletion = deletions.get(job_id)
    if deletion and deletion.forbids_deletion:
        raise InProgress(f"the photos of job {job_id} are still being copied: decide in a minute")


def _find(job_id: JobId, jobs: Jobs) -> Job | None:
    """None: its user was erased, or its records expired."""
    with suppress(NotFound):
        return jobs.get(job_id)
    return None


def _close(job: Job, hold: Hold, now: datetime, *, reviews: Reviews, workflow: Workflow) -> None:
    """End the job: the execution that waits for the case, and another one if none waits.

    An appeal gets a deadline that has passed: it expires as if no lead had decided in time.
    """
    if not job.ended:
        workflow.end(job.job_id, JobError.CLOSED)
    for review in _held(job.job_id, reviews):
        appeal = review.kind is ReviewKind.APPEAL
        with suppress(NotFound, Conflict):  # an appeal has no token; the task may have timed out
            workflow.fail(reviews.task_token(review.review_id), JobError.CLOSED)
        late = {"state": ReviewState.WAITING, "decide_by": now}
        closed = review.change(**late) if appeal else review.close(now)
        event = about(closed, AuditAction.HOLD_CONFIRMED, now, actor=hold.decided_by or SYSTEM)
        reviews.save(closed, event)


def _return(
    job: Job, now: datetime, *, reviews: Reviews, deletions: Deletions, deadlines: Deadlines
) -> None:
    """Return the case to the queue. A job that has ended gets a receipt of its deletion now.

    But not while a lead works on its appeal, whose files are in use: then at its deadline.
    """
    for review in _held(job.job_id, reviews):
        returned = review.return_from_hold(now)
        if job.state is not JobState.IN_REVIEW and review.kind is not ReviewKind.APPEAL:
            returned = review.expire(now)
        reviews.save(returned, about(returned, AuditAction.HOLD_RETURNED, now))
    deletions.end_hold(job.job_id)
    if not job.ended:
        return
    appeals = [one for one in reviews.for_job(job.job_id) if one.kind is ReviewKind.APPEAL]
    if used := [one.decide_by for one in appeals if one.state is ReviewState.WAITING]:
        deadlines.set(job.job_id, when=max(used))
        return
    deadlines.set(job.job_id, when=now)
    deadlines.move(job.job_id, when=now)


def _held(job_id: JobId, reviews: Reviews) -> list[Review]:
    return [one for one in reviews.for_job(job_id) if one.state is ReviewState.HELD]
