"""Make the approved avatars ready to be fetched: every size, signed, and one ZIP."""

from datetime import datetime

from likeness.contracts import PublishAvatarsResult
from likeness.domain.errors import Conflict
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.domain.provenance.credentials import Claim, WatermarkRecord
from likeness.ports.jobs import Jobs
from likeness.ports.provenance import AvatarStore, Credentials, Watermarks
from likeness.ports.runtime import Clock


def publish_avatars(
    job_id: JobId,
    *,
    jobs: Jobs,
    avatar_store: AvatarStore,
    credentials: Credentials,
    watermarks: Watermarks,
    clock: Clock,
) -> PublishAvatarsResult:
    """Writing twice writes the same pictures. Nobody is given a link before the job is completed.

    The marks are on record before any picture is out, so that each one can be verified.
    """
    jobs.get(job_id).require(JobState.FINISHING)
    shown = (AvatarState.APPROVED, AvatarState.PUBLISHED)
    avatars = [avatar for avatar in jobs.avatars(job_id) if avatar.state in shown]
    waiting = [avatar for avatar in avatars if avatar.state is AvatarState.APPROVED]
    if waiting:
        now = clock.now()
        claims = {avatar.avatar_id: _claim(avatar, now) for avatar in avatars}
        for avatar in avatars:
            watermarks.remember(
                WatermarkRecord(
                    **claims[avatar.avatar_id].model_dump(),
                    job_id=job_id,
                    avatar_id=avatar.avatar_id,
                )
            )
        avatar_store.publish(
            avatars,
            sign=lambda avatar, picture, content_type: credentials.sign(
                picture, content_type, claims[avatar.avatar_id]
            ),
        )
        _still_wanted(job_id, jobs, avatar_store)
        jobs.save_avatars(
            avatar.model_copy(update={"state": AvatarState.PUBLISHED}) for avatar in waiting
        )
    avatar_store.tidy(job_id)
    return PublishAvatarsResult(job_id=job_id, avatars=len(avatars))


def _claim(avatar: Avatar, now: datetime) -> Claim:
    if avatar.watermark is None:
        raise Conflict(f"avatar {avatar.avatar_id} of job {avatar.job_id} was given no mark")
    return Claim(watermark=avatar.watermark, style=avatar.style, engine=avatar.engine, made_at=now)


def _still_wanted(job_id: JobId, jobs: Jobs, avatar_store: AvatarStore) -> None:
    """Conflict where the job was cancelled while its avatars were written: they are deleted again.

    Whoever ends the job may have looked before the last one was there.
    """
    job = jobs.get(job_id)
    if job.state is not JobState.FINISHING:
        avatar_store.purge(job_id)
    job.require(JobState.FINISHING)
