"""End a job badly: GPU work stopped, everything deleted, the day settled, the reason said."""

from likeness.contracts import Settled
from likeness.domain import desk
from likeness.domain.audit import Act, Deed
from likeness.domain.deletion import EVERYWHERE
from likeness.domain.errors import Unavailable
from likeness.domain.ids import JobId
from likeness.domain.job import FailureKind, Job, JobState
from likeness.domain.quota import EntryState
from likeness.domain.reasons import Reason
from likeness.domain.refusal import refusal
from likeness.domain.review import ReviewKind, ReviewState
from likeness.ports import (
    Clock,
    Deletions,
    Gallery,
    Generator,
    Jobs,
    Ledger,
    Metrics,
    Photos,
    Remains,
    Reviews,
    Seals,
    Work,
)
from likeness.services.purge_photos import delete, held, pend

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
    gallery: Gallery,
    generator: Generator,
    seals: Seals,
    remains: Remains,
    deletions: Deletions,
    metrics: Metrics,
    clock: Clock,
) -> Settled:
    """Safe to repeat from any point, and nothing is deleted while the container may still write.

    Where deleting fails the job ends all the same, for the user gets the day back: its deletion is
    pending, the alarm rings, and ProveDeletion tries until it is done. Never does a job say that
    its photos are deleted before they are.
    """
    job = jobs.get(job_id)
    if job.ended or (error == NOT_SUBMITTED and job.state is not JobState.OPEN):
        return Settled(job_id=job_id, state=job.state)
    for round_ in range(1, job.round + 1):
        generator.stop(job_id, round_)
    state, reason = _why(job, error, jobs=jobs, reviews=reviews)
    _close_reviews(job_id, reviews=reviews, clock=clock)
    if state is JobState.REFUSED:
        _seal(job, jobs=jobs, reviews=reviews, seals=seals)
    gone = _delete(
        job_id,
        photos=photos,
        work=work,
        gallery=gallery,
        remains=remains,
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
        settled = EntryState.RETURNED if reason.returns_day else EntryState.SPENT
        ledger.settle(ended, settled, now=now, reason=reason)
    return Settled(job_id=job_id, state=state)


def _delete(
    job_id: JobId,
    *,
    photos: Photos,
    work: Work,
    gallery: Gallery,
    remains: Remains,
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
            (photos.purge, work.purge, gallery.purge),
            remains=remains,
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
            deed = Deed(at=now, act=Act.EXPIRED, review_id=review.review_id, job_id=job_id)
            counts = {desk.EXPIRED: 1} if review.kind is ReviewKind.PHOTOS else None
            reviews.save(review.expire(now), deed, counts)


def _seal(job: Job, *, jobs: Jobs, reviews: Reviews, seals: Seals) -> None:
    """What stays of a refused photo, should its user appeal: no sum that others could compare."""
    photos = jobs.photos(job.job_id)
    owed = refusal(photos, reviews.of(job.job_id)).owed
    for photo in photos:
        if photo.photo_id in owed and photo.sha256:
            seal = seals.seal(job.user_id, photo.sha256)
            sealed = photo.model_copy(update={"seal": seal, "sha256": None})
            jobs.save_photo(sealed, seen=photo)
