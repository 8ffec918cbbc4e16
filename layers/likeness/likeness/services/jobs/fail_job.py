"""End a job that did not complete: stop GPU work, delete its files, settle its quota day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.jobs import FailJobResult, JobError
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import EVERYWHERE
from likeness.domain.errors import (
    CapacityTimeout,
    DetectorBusy,
    DetectorTimeout,
    JobHeld,
    JobStopped,
    StylesOff,
    Unavailable,
    UnknownDetector,
)
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.usage import of_photos
from likeness.domain.reasons import Reason
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.refusal import refusal

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.account import KeyedHash, Ledger
    from likeness.ports.generation import Generator
    from likeness.ports.jobs import Jobs
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.deletion.job_deletion import JobDeletion

TIMEOUT = "States.Timeout"
KINDS = {
    TIMEOUT: FailureKind.TIMEOUT,
    JobError.DEADLINE: FailureKind.TIMEOUT,
    JobError.NO_AVATARS: FailureKind.GPU,
    JobError.GENERATION_FAILED: FailureKind.GPU,
    JobError.NO_CAPACITY: FailureKind.CAPACITY,
    CapacityTimeout.__name__: FailureKind.CAPACITY,
    UnknownDetector.__name__: FailureKind.MODERATION,
    DetectorTimeout.__name__: FailureKind.MODERATION,
    DetectorBusy.__name__: FailureKind.MODERATION,
    JobStopped.__name__: FailureKind.STOPPED,
    StylesOff.__name__: FailureKind.STOPPED,
}
ENDS: dict[str, tuple[JobState, Reason]] = {
    JobError.CLOSED: (JobState.REFUSED, Reason.SYSTEM_CLOSED),
    JobError.NOT_SUBMITTED: (JobState.EXPIRED, Reason.SYSTEM_NOT_SUBMITTED),
    JobError.NO_AVATARS: (JobState.FAILED, Reason.SYSTEM_TOO_FEW_AVATARS),
    JobStopped.__name__: (JobState.FAILED, Reason.SYSTEM_STOPPED),
    StylesOff.__name__: (JobState.FAILED, Reason.SYSTEM_STYLE_OFF),
    JobHeld.__name__: (JobState.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED),  # no lead decided in time
}


def fail_job(
    job_id: JobId,
    error: str,
    *,
    jobs: Jobs,
    reviews: Reviews,
    ledger: Ledger,
    generator: Generator,
    keyed_hash: KeyedHash,
    deletion: JobDeletion,
    clock: Clock,
) -> FailJobResult:
    """Resumes at any point. Nothing is deleted while the container may still write.

    If deleting fails, the job ends nevertheless, so that its day can be returned: its deletion is
    pending, an alarm is raised, and ProveDeletion retries. `photos_deleted_at` is set only if all
    files are gone.
    """
    job = jobs.get(job_id)
    late = error == JobError.NOT_SUBMITTED and _was_submitted(job)
    if job.ended or late:
        return FailJobResult(job_id=job_id, state=job.state, late=late)
    for attempt in range(1, job.attempt + 1):
        generator.stop(job_id, attempt)
    state, reason = _why(job, error, jobs=jobs, reviews=reviews)
    _close_reviews(job_id, reviews=reviews, clock=clock)
    if state is JobState.REFUSED:
        _replace_checksums(job, jobs=jobs, reviews=reviews, keyed_hash=keyed_hash)
    gone = _delete(job_id, deletion)
    now = clock.now()
    ended = job.move(
        state,
        now,
        reason=reason,
        failure=KINDS.get(error, FailureKind.INTERNAL) if state is JobState.FAILED else None,
        photos_deleted_at=job.photos_deleted_at or (now if gone else None),
        usage=job.usage or of_photos(jobs.photos(job_id)),
    )
    if job.day is None:
        jobs.save(ended)
    else:
        settled = QuotaState.RETURNED if reason.returns_day else QuotaState.SPENT
        ledger.settle(ended, settled, now=now, reason=reason)
    return FailJobResult(job_id=job_id, state=state)


def _was_submitted(job: Job) -> bool:
    """Return whether the timer is late: the job's own execution, or a cancellation, ends it."""
    return job.state is not JobState.OPEN and job.reason is not Reason.SYSTEM_NOT_SUBMITTED


def _delete(job_id: JobId, deletion: JobDeletion) -> bool:
    """Return whether all files are gone, and no copies are preserved."""
    try:
        if deletion.is_on_hold(job_id):
            return False
        deletion.delete(job_id, EVERYWHERE)
    except Unavailable:
        deletion.mark_pending(job_id)
        return False
    return not deletion.is_preserved(job_id)


def _why(job: Job, error: str, *, jobs: Jobs, reviews: Reviews) -> tuple[JobState, Reason]:
    """Return the end state and the reason shown to the user. Our own errors return the day."""
    if error == JobError.CANCELLED or job.state is JobState.CANCELLING:
        return JobState.CANCELLED, Reason.SYSTEM_CANCELLED
    if error == JobError.DEADLINE and job.state is JobState.OPEN:
        error = JobError.NOT_SUBMITTED
    if error in ENDS:
        return ENDS[error]
    decided = reviews.for_job(job.job_id)
    # A lead who refuses stops the execution, which may report the job as stopped first.
    overturned = any(one.overturn and not one.overturn.approved for one in decided)
    if error == JobError.REFUSED or overturned:
        if any(case.state is ReviewState.HELD for case in decided):
            return ENDS[JobHeld.__name__]
        reason = refusal(jobs.photos(job.job_id), decided).reason
        if reason:
            return JobState.REFUSED, reason
    if error in {TIMEOUT, JobError.DEADLINE} and job.state is JobState.IN_REVIEW:
        return JobState.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED
    return JobState.FAILED, Reason.SYSTEM_UNAVAILABLE


def _close_reviews(job_id: JobId, *, reviews: Reviews, clock: Clock) -> None:
    """Expire open reviews: their photos are gone. A job may have none yet."""
    now = clock.now()
    for review in reviews.for_job(job_id):
        if review.state is ReviewState.WAITING:
            expired = {desk_counters.ALL: {desk_counters.EXPIRED: 1}}
            counts = expired if review.kind is ReviewKind.PHOTOS else None
            reviews.save(review.expire(now), about(review, AuditAction.EXPIRED, now), counts)


def _replace_checksums(job: Job, *, jobs: Jobs, reviews: Reviews, keyed_hash: KeyedHash) -> None:
    """Replace refused photos' SHA-256 by an HMAC: appeals need it, others cannot compare it."""
    photos = jobs.photos(job.job_id)
    owed = refusal(photos, reviews.for_job(job.job_id)).needing_statement
    for photo in photos:
        if photo.photo_id in owed and photo.sha256:
            hmac = keyed_hash.photo(job.user_id, photo.sha256)
            hashed = photo.model_copy(update={"hmac": hmac, "sha256": None})
            jobs.save_photo(hashed, seen=photo)
