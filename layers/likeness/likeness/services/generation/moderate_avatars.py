"""Moderate every avatar before it is published, with the policy for photos."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from likeness.contracts.generation import ModerateAvatarsResult
from likeness.domain.errors import NotFound
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.jobs.job import Job, JobState, WaitingFor
from likeness.domain.jobs.usage import of_photos
from likeness.domain.moderation import Policy, allowed_on_avatars, moderate
from likeness.domain.provenance.watermark import watermark_of
from likeness.domain.verdict import Outcome, PhotoEvidence
from likeness.services.jobs.waiting import DETECTOR_IMAGES, UNKNOWN_FINDING, Readiness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.contracts.container import DrawnAvatar
    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.photos.photo import Photo
    from likeness.ports.generation import Work
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Detector
    from likeness.ports.runtime import Clock, Metrics

AT_ONCE = 4
MAX_ATTEMPTS = 2


def moderate_avatars(
    job_id: JobId,
    attempt: int,
    *,
    jobs: Jobs,
    work: Work,
    detector: Detector,
    policy: Policy,
    metrics: Metrics,
    readiness: Readiness,
    clock: Clock,
) -> ModerateAvatarsResult:
    """An avatar that is not clean is refused and drawn again: avatars are not reviewed by humans.

    A doubt that a moderator allowed on the photo of an avatar does not refuse it.

    A replayed step does not change stored verdicts. Raises UnknownDetector, and stores nothing, if
    the policy does not name the detector's version: drawing again would not help.
    """
    job = jobs.get(job_id)
    replayed = job.state is JobState.FINISHING and job.attempt == attempt
    now = clock.now()
    finishing = job if replayed else job.move(JobState.FINISHING, now)
    moderated = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    result = work.result(job_id, attempt)
    if job.waiting and job.waiting.of is WaitingFor.CAPACITY:
        waits = job.waits_until(now - timedelta(seconds=result.seconds))
        job, finishing = (one.model_copy(update={"waits": waits}) for one in (job, finishing))
    new = [
        (rank, avatar)
        for rank, avatar in enumerate(result.avatars, start=100 * attempt)
        if avatar.avatar_id not in moderated or moderated[avatar.avatar_id].attempt < attempt
    ]
    photos = jobs.photos(job_id)
    moderate_one = partial(
        _moderate,
        job,
        attempt,
        photos={photo.photo_id: photo for photo in photos},
        engine=result.engine,
        work=work,
        detector=detector,
        policy=policy,
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        with readiness.detecting(job):
            drawn = list(pool.map(lambda item: moderate_one(*item), new))
        approved = [avatar for avatar in drawn if avatar.state is AvatarState.APPROVED]
        for _ in pool.map(work.promote, approved):  # all of them, or the first error
            pass
    jobs.save_avatars(drawn)
    if not replayed:
        before, charged = job.usage or of_photos(photos), len(result.avatars)
        usage = before.moderated(charged, engine=result.engine, seconds=result.seconds)
        jobs.save(finishing.model_copy(update={"usage": usage}))
        metrics.measure("ContainerSeconds", result.seconds, "Seconds")
        metrics.count(DETECTOR_IMAGES, charged)
    findings = [f for avatar in drawn if avatar.verdict for f in avatar.verdict.findings]
    if unknown := sum(finding.reason is None for finding in findings):
        metrics.count(UNKNOWN_FINDING, unknown)
    moderated |= {avatar.avatar_id: avatar for avatar in drawn}
    refused = [one for one in moderated.values() if one.state is AvatarState.REFUSED]
    return ModerateAvatarsResult(
        job_id=job_id,
        attempt=attempt,
        redraw=attempt < MAX_ATTEMPTS and _are_wanted(refused, job, readiness),
        approved=len(moderated) - len(refused),
    )


def _are_wanted(refused: list[Avatar], job: Job, readiness: Readiness) -> bool:
    """Whether one of them would be published: styles are switched off while a job is drawn."""
    styles = {avatar.style for avatar in refused} & {*job.styles_on}
    return bool(styles) and len(readiness.state.switches().off(styles)) < len(styles)


def _moderate(
    job: Job,
    attempt: int,
    rank: int,
    drawn: DrawnAvatar,
    *,
    photos: Mapping[PhotoId, Photo],
    engine: str,
    work: Work,
    detector: Detector,
    policy: Policy,
) -> Avatar:
    at = (job.job_id, attempt)
    if not work.verify(drawn, *at):
        raise NotFound(f"avatar {drawn.avatar_id} of job {job.job_id} does not match the result")
    confidence = policy.min_confidence
    seen = detector.avatar_labels(*at, drawn.avatar_id, min_confidence=confidence)
    policy.require_known(seen.detector_version)
    photo = photos.get(drawn.photo_id)
    allowed = allowed_on_avatars(photo.verdict, policy) if photo and photo.verdict else frozenset()
    evidence = PhotoEvidence(**seen.model_dump(), min_confidence=confidence, allowed=allowed)
    verdict = moderate(evidence, policy)
    return Avatar(
        job_id=job.job_id,
        avatar_id=drawn.avatar_id,
        style=drawn.style,
        state=AvatarState.APPROVED if verdict.outcome is Outcome.CLEAN else AvatarState.REFUSED,
        attempt=attempt,
        rank=rank,
        photo_id=drawn.photo_id,
        sha256=drawn.sha256,
        distance=drawn.distance,
        verdict=verdict,
        engine=engine,
        watermark=watermark_of(job.seed, attempt, drawn.avatar_id),
        watermarking=drawn.watermarking,
    )
