"""Moderate every avatar before it is published, with the policy for photos."""

from concurrent.futures import ThreadPoolExecutor

from likeness.contracts import DrawnAvatar, ModerateAvatarsResult
from likeness.domain.errors import NotFound
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.moderation import Outcome, PhotoEvidence, Policy, moderate
from likeness.domain.provenance.watermark import watermark_of
from likeness.ports.generation import Work
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Detector
from likeness.ports.runtime import Clock

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
    clock: Clock,
) -> ModerateAvatarsResult:
    """An avatar that is not clean is refused and drawn again: avatars are not reviewed by humans.

    A replayed step does not change stored verdicts.
    """
    job = jobs.get(job_id)
    replayed = job.state is JobState.FINISHING and job.attempt == attempt
    if not replayed:
        job = job.move(JobState.FINISHING, clock.now())
    moderated = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    result = work.result(job_id, attempt)
    new = [
        (rank, avatar)
        for rank, avatar in enumerate(result.avatars, start=100 * attempt)
        if avatar.avatar_id not in moderated or moderated[avatar.avatar_id].attempt < attempt
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        moderating = pool.map(
            lambda item: _moderate(
                job,
                attempt,
                *item,
                engine=result.engine,
                work=work,
                detector=detector,
                policy=policy,
            ),
            new,
        )
        drawn = list(moderating)
    for avatar in drawn:
        if avatar.state is AvatarState.APPROVED:
            work.promote(avatar)
    jobs.save_avatars(drawn)
    if not replayed:
        jobs.save(job)
    moderated |= {avatar.avatar_id: avatar for avatar in drawn}
    approved = sum(avatar.state is not AvatarState.REFUSED for avatar in moderated.values())
    refused = [avatar for avatar in moderated.values() if avatar.state is AvatarState.REFUSED]
    return ModerateAvatarsResult(
        job_id=job_id,
        attempt=attempt,
        redraw=bool(refused) and attempt < MAX_ATTEMPTS,
        approved=approved,
    )


def _moderate(
    job: Job,
    attempt: int,
    rank: int,
    drawn: DrawnAvatar,
    *,
    engine: str,
    work: Work,
    detector: Detector,
    policy: Policy,
) -> Avatar:
    avatar = Avatar(
        job_id=job.job_id,
        avatar_id=drawn.avatar_id,
        style=drawn.style,
        state=AvatarState.REFUSED,
        attempt=attempt,
        rank=rank,
        photo_id=drawn.photo_id,
        sha256=drawn.sha256,
        distance=drawn.distance,
        verdict=moderate(PhotoEvidence(detector_version="", min_confidence=0), policy),
        engine=engine,
        watermark=watermark_of(job.seed, attempt, drawn.avatar_id),
        watermarking=drawn.watermarking,
    )
    if not work.verify(drawn, job.job_id, attempt):
        raise NotFound(f"avatar {drawn.avatar_id} of job {job.job_id} does not match the result")
    seen = detector.avatar_labels(avatar, min_confidence=policy.min_confidence)
    found = moderate(
        PhotoEvidence(
            labels=seen.labels,
            detector_version=seen.detector_version,
            min_confidence=policy.min_confidence,
        ),
        policy,
    )
    state = AvatarState.APPROVED if found.outcome is Outcome.CLEAN else AvatarState.REFUSED
    return avatar.model_copy(update={"verdict": found, "state": state})
