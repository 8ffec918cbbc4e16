"""End a job badly: GPU work stopped, everything deleted, the day settled, the reason said."""

from likeness.contracts import SettleJobResult
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import EVERYWHERE
from likeness.domain.errors import Unavailable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import FailureKind, Job, JobState
from likeness.domain.reasons import Reason
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import ReviewKind, ReviewState
from likeness.domain.review.refusal import refusal
from likeness.ports.account import Ledger, PhotoHash
from likeness.ports.deletion import Deletions, LeftoverListing
from likeness.ports.generation import Generator, Work
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.provenance import AvatarStore
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock, Metrics
from likeness.services.deletion.delete_photos import delete, held, pend

REFUSED = "Refused"  # the state machine's word for: moderation or a moderator said no
NO_AVATARS = "NoAvatars"
CANCELLED = "Cancelled"  # asked for from outside, by the user
NOT_SUBMITTED = "NotSubmitted"  # asked for from outside, by a timer
DEADLINE = "Deadline"  # asked for by the job's own schedule, whatever became of its pipeline
TIMEOUT = "States.Timeout"
DRAWING = ("States.TaskFailed", "SageMaker.")
NO_CAPACITY = "ResourceLimitExceeded"


def fail_job(
    job_id: JobId,
    error: str,
    *,
    jobs: Jobs,
    reviews: Reviews,
    ledger: Ledger,
    photos: Photos,
    work: Work,
    avatar_store: AvatarStore,
    generator: Generator,
    keyed_hash: PhotoHash,
    leftovers: LeftoverListing,
    deletions: Deletions,
    metrics: Metrics,
    clock: Clock,
) -> SettleJobResult:
    """Safe to repeat from any point, and nothing is deleted while the container may still write.

    Where deleting fails the job ends all the same, for the user gets the day back: its deletion is
    pending, the alarm rings, and ProveDeletion tries until it is done. Never does a job say that
    its photos are deleted before they are.
    """
    job = jobs.get(job_id)
    if job.ended or (error == NOT_SUBMITTED and job.state is not JobState.OPEN):
        return SettleJobResult(job_id=job_id, state=job.state)
    for attempt in range(1, job.attempt + 1):
        generator.stop(job_id, attempt)
    state, reason = _why(job, error, jobs=jobs, reviews=reviews)
    _close_reviews(job_id, reviews=reviews, clock=clock)
    if state is JobState.REFUSED:
        _seal(job, jobs=jobs, reviews=reviews, keyed_hash=keyed_hash)
    gone = _delete(
        job_id,
        photos=photos,
        work=work,
        avatar_store=avatar_store,
        leftovers=leftovers,
        deletions=deletions,
        metrics=metrics,
        clock=clock,
    )
    now = clock.now()
    ended = job.move(
        state,
        now,
        reason=reason,
        failure=_kind(job, error) if state is JobState.FAILED else None,
        photos_deleted_at=job.photos_deleted_at or (now if gone else None),
    )
    if job.day is None:
        jobs.save(ended)
    else:
        settled = QuotaState.RETURNED if reason.returns_day else QuotaState.SPENT
        ledger.settle(ended, settled, now=now, reason=reason)
    return SettleJobResult(job_id=job_id, state=state)


def _delete(
    job_id: JobId,
    *,
    photos: Photos,
    work: Work,
    avatar_store: AvatarStore,
    leftovers: LeftoverListing,
    deletions: Deletions,
    metrics: Metrics,
    clock: Clock,
) -> bool:
    """Whether all is gone."""
    try:
        if held(job_id, deletions):
            return False
        delete(
            job_id,
            EVERYWHERE,
            (photos.purge, work.purge, avatar_store.purge),
            leftovers=leftovers,
            deletions=deletions,
            clock=clock,
        )
    except Unavailable:
        pend(job_id, deletions, metrics)
        return False
    return True


def _why(job: Job, error: str, *, jobs: Jobs, reviews: Reviews) -> tuple[JobState, Reason]:
    """What the user is told. Our own errors are never the user's fault, whatever they were."""
    if error == CANCELLED or job.state is JobState.CANCELLING:
        return JobState.CANCELLED, Reason.SYSTEM_CANCELLED
    if error == NOT_SUBMITTED or (error == DEADLINE and job.state is JobState.OPEN):
        return JobState.EXPIRED, Reason.SYSTEM_NOT_SUBMITTED
    if error == REFUSED:
        reason = refusal(jobs.photos(job.job_id), reviews.of(job.job_id)).reason
        if reason:
            return JobState.REFUSED, reason
    if error == NO_AVATARS:
        return JobState.FAILED, Reason.SYSTEM_TOO_FEW_AVATARS
    if error in {TIMEOUT, DEADLINE} and job.state is JobState.IN_REVIEW:
        return JobState.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED
    return JobState.FAILED, Reason.SYSTEM_UNAVAILABLE


def _kind(job: Job, error: str) -> FailureKind:
    """From the error's name, and from what the job was at when it was caught."""
    if error in {TIMEOUT, DEADLINE}:
        return FailureKind.TIMEOUT
    if error == NO_AVATARS:
        return FailureKind.GPU
    if job.state is JobState.GENERATING and error.startswith(DRAWING):
        return FailureKind.CAPACITY if NO_CAPACITY in error else FailureKind.GPU
    return FailureKind.INTERNAL


def _close_reviews(job_id: JobId, *, reviews: Reviews, clock: Clock) -> None:
    """Nobody is asked about photos that are gone. A job may have failed before it had a review."""
    now = clock.now()
    for review in reviews.of(job_id):
        if review.state is ReviewState.WAITING:
            audit_event = AuditEvent(
                at=now, action=AuditAction.EXPIRED, review_id=review.review_id, job_id=job_id
            )
            counts = {desk_counters.EXPIRED: 1} if review.kind is ReviewKind.PHOTOS else None
            reviews.save(review.expire(now), audit_event, counts)


def _seal(job: Job, *, jobs: Jobs, reviews: Reviews, keyed_hash: PhotoHash) -> None:
    """What stays of a refused photo, should its user appeal: no sum that others could compare."""
    photos = jobs.photos(job.job_id)
    owed = refusal(photos, reviews.of(job.job_id)).owed
    for photo in photos:
        if photo.photo_id in owed and photo.sha256:
            hmac = keyed_hash.hmac(job.user_id, photo.sha256)
            hmacs = photo.model_copy(update={"hmac": hmac, "sha256": None})
            jobs.save_photo(hmacs, seen=photo)
