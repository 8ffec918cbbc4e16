"""Write the generation order for the container: photos, styles, avatars and seeds."""

import hashlib

from likeness.contracts import (
    AttemptRef,
    AvatarOrder,
    Engine,
    GenerationOrder,
    OrderedPhoto,
)
from likeness.domain.errors import Conflict, JobHeld
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import AvatarId, JobId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.moderation import Outcome
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.photos.photo_choice import weights
from likeness.domain.provenance.watermark import watermark_of
from likeness.domain.review.case import ReviewKind, ReviewState
from likeness.ports.generation import Work
from likeness.ports.holds import Holds
from likeness.ports.jobs import Jobs
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock

# Of the 30 minutes that a training job and the endpoint have. The rest is for loading the engine
# and for uploading avatars.
TIME_LIMIT_S = 1500


def prepare_generation(
    job_id: JobId,
    attempt: int,
    *,
    jobs: Jobs,
    reviews: Reviews,
    holds: Holds,
    work: Work,
    clock: Clock,
    engine: Engine = "painter",
) -> AttemptRef:
    """Idempotent: the same order for the same attempt. Raises JobHeld while the job is held."""
    job = jobs.get(job_id)
    hold = holds.get(job_id)
    if hold and hold.active:
        raise JobHeld(f"job {job_id} waits for a lead: nothing is drawn")
    replayed = job.state is JobState.GENERATING and job.attempt == attempt
    if not replayed:
        job = job.move(JobState.GENERATING, clock.now(), attempt=attempt)
    approved = approved_by_hand(job, reviews)
    photos = [photo for photo in jobs.photos(job_id) if may_be_used(photo, approved)]
    if not photos:
        raise Conflict(f"no photo of job {job_id} passed moderation")
    work.order(
        GenerationOrder(
            job_id=job_id,
            attempt=attempt,
            engine=engine,
            time_limit_s=TIME_LIMIT_S,
            photos=tuple(map(_ordered, photos, weights(photos))),
            avatars=tuple(_wanted(job, attempt, jobs)),
        )
    )
    if not replayed:
        jobs.save(job)
    return AttemptRef(job_id=job_id, attempt=attempt)


def _wanted(job: Job, attempt: int, jobs: Jobs) -> list[AvatarOrder]:
    """All avatars in attempt 1; in attempt 2 those that moderation refused.

    Avatars that the container left out as near-duplicates are not ordered again.
    """
    if attempt == 1:
        return orders(job, attempt)
    refused = {a.avatar_id for a in jobs.avatars(job.job_id) if a.state is AvatarState.REFUSED}
    return [order for order in orders(job, attempt) if order.avatar_id in refused]


def may_be_used(photo: Photo, approved_by_hand: bool) -> bool:
    """Only a photo with a verdict: one that was uploaded after moderation is never used."""
    if photo.state is not PhotoState.ACCEPTED or photo.verdict is None:
        return False
    if photo.sha256 is None or photo.face is None:
        return False
    doubtful_but_approved = photo.verdict.outcome is Outcome.DOUBTFUL and approved_by_hand
    return photo.verdict.outcome is Outcome.CLEAN or doubtful_but_approved


def orders(job: Job, attempt: int) -> list[AvatarOrder]:
    """One order for each avatar, styles in turn, each with its own seed.

    A seed is a hash of the job's seed, attempt and number: a replayed step orders the same avatars,
    attempt 2 other ones.
    """
    return [
        AvatarOrder(
            avatar_id=AvatarId(f"a{n:02d}"),
            style=job.styles[(n - 1) % len(job.styles)],
            seed=int.from_bytes(
                hashlib.blake2b(f"{job.seed}:{attempt}:{n}".encode(), digest_size=8).digest()
            )
            >> 1,
            watermark=watermark_of(job.seed, attempt, f"a{n:02d}"),
        )
        for n in range(1, job.avatars + 1)
    ]


def approved_by_hand(job: Job, reviews: Reviews) -> bool:
    """Return whether a moderator approved the job's review, and no second opinion refused it."""
    if not any(moment.state is JobState.IN_REVIEW for moment in job.timeline):
        return False
    decided = {review.kind: review.state for review in reviews.for_job(job.job_id)}
    approved = decided.get(ReviewKind.PHOTOS) is ReviewState.APPROVED
    return approved and decided.get(ReviewKind.SECOND) is not ReviewState.REFUSED


def _ordered(photo: Photo, weight: float) -> OrderedPhoto:
    if photo.sha256 is None:
        raise Conflict(f"photo {photo.photo_id} of job {photo.job_id} was never normalised")
    return OrderedPhoto(
        photo_id=photo.photo_id, sha256=photo.sha256, face=photo.face, weight=weight
    )
