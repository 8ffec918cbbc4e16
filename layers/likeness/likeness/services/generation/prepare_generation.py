"""Write the generation order for the container: photos, styles, avatars and seeds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from likeness.contracts.container import AvatarOrder, GenerationOrder, OrderedPhoto
from likeness.contracts.generation import PrepareGenerationResult
from likeness.domain.errors import Conflict, JobHeld, StylesOff
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import AvatarId, JobId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.photos.photo_choice import weights
from likeness.domain.provenance.watermark import watermark_of
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.verdict import Outcome

if TYPE_CHECKING:
    from likeness.domain.generation.engine import Backend, Engine
    from likeness.ports.generation import Work
    from likeness.ports.holds import Holds
    from likeness.ports.jobs import Jobs
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.jobs.waiting import Readiness

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
    readiness: Readiness,
    clock: Clock,
    engine: Engine = "painter",
    backend: Backend = "training-job",
) -> PrepareGenerationResult:
    """Idempotent: the same order for the same attempt. Raises JobHeld while the job is held.

    Styles that operators switched off are left out of the order, and the endpoint if they switched
    it off. Raises StylesOff if no style is left, WorkStopped or JobStopped if the work is stopped.
    """
    job = jobs.get(job_id)
    job, switches = readiness.require_work(job, engine)
    if switches.endpoint_off:
        backend = "training-job"
    hold = holds.get(job_id)
    if hold and hold.active:
        raise JobHeld(f"job {job_id} waits for a lead: nothing is drawn")
    replayed = job.state is JobState.GENERATING and job.attempt == attempt
    if not replayed:
        fields = {"attempt": attempt, "styles_off": job.styles_off + switches.off(job.styles_on)}
        job = job.move(JobState.GENERATING, clock.now(), backend=f"{backend}.{engine}", **fields)
    elif job.backend != f"{backend}.{engine}":  # the endpoint was switched off since
        job, replayed = job.change(backend=f"{backend}.{engine}"), False
    if not job.avatars_planned:
        raise StylesOff(f"every style of job {job_id} is switched off")
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
    return PrepareGenerationResult(job_id=job_id, attempt=attempt, backend=backend)


def _wanted(job: Job, attempt: int, jobs: Jobs) -> list[AvatarOrder]:
    """All avatars in attempt 1; in attempt 2 those that moderation refused.

    Avatars that the container left out as near-duplicates are not ordered again.
    """
    wanted = orders(job, attempt)
    if attempt == 2:  # noqa: PLR2004 - the last one
        refused = {a.avatar_id for a in jobs.avatars(job.job_id) if a.state is AvatarState.REFUSED}
        wanted = [order for order in wanted if order.avatar_id in refused]
    on = [order for order in wanted if order.style in job.styles_on]
    return on or wanted  # an order is not empty; PublishAvatars leaves out what is off


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
            style=job.style_of(n),
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
