"""Publish the approved avatars: every size, signed, and one ZIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.generation import PublishAvatarsResult
from likeness.domain.deletion.receipt import DRAWN, PUBLISHED
from likeness.domain.errors import Conflict, StylesOff
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.provenance.credentials import Claim, WatermarkRecord

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import JobId, StyleId
    from likeness.ports.deletion import JobFiles
    from likeness.ports.jobs import Jobs
    from likeness.ports.provenance import AvatarStore, Credentials, Watermarks
    from likeness.ports.runtime import Clock
    from likeness.services.jobs.waiting import Readiness


def publish_avatars(
    job_id: JobId,
    *,
    jobs: Jobs,
    avatar_store: AvatarStore,
    files: JobFiles,
    credentials: Credentials,
    watermarks: Watermarks,
    readiness: Readiness,
    clock: Clock,
) -> PublishAvatarsResult:
    """Idempotent. No URL is returned before the job is completed.

    The photos are deleted by now, so a job that waits because operators stopped the work keeps
    none. Avatars of a style that they switched off are not published, also if it is on again since
    the job lost it; raises StylesOff if no other is left. Watermarks are stored before any picture
    is published, so that each one can be verified.
    """
    job = jobs.get(job_id)
    job.require(JobState.FINISHING)
    shown = (AvatarState.APPROVED, AvatarState.PUBLISHED)
    avatars = [avatar for avatar in jobs.avatars(job_id) if avatar.state in shown]
    job, switches = readiness.require_work(job, *{avatar.engine for avatar in avatars})
    if any(avatar.state is AvatarState.APPROVED for avatar in avatars):
        off = frozenset(job.styles_off + switches.off(job.styles_on))
        avatars = _without_off(avatars, job, off, jobs)
        if off:  # files that this step wrote, when it died, before the style was off
            files.delete(job_id, PUBLISHED)
        sign, now = credentials.signer(), clock.now()
        claims = {avatar.avatar_id: _claim(avatar, now) for avatar in avatars}
        for avatar in avatars:
            watermarks.add(
                WatermarkRecord(
                    **claims[avatar.avatar_id].model_dump(),
                    job_id=job_id,
                    avatar_id=avatar.avatar_id,
                )
            )
        avatar_store.publish(
            avatars,
            sign=lambda avatar, picture, content_type: sign(
                picture, content_type, claims[avatar.avatar_id]
            ),
        )
        _require_finishing(job_id, jobs, files)
        jobs.save_avatars(
            avatar.model_copy(update={"state": AvatarState.PUBLISHED}) for avatar in avatars
        )
    files.delete(job_id, DRAWN)
    return PublishAvatarsResult(job_id=job_id, avatars=len(avatars))


def _without_off(
    avatars: list[Avatar], job: Job, off: frozenset[StyleId], jobs: Jobs
) -> list[Avatar]:
    """Refuse the avatars of these styles, also those that this step published before it died."""
    refused = [avatar for avatar in avatars if avatar.style in off]
    if refused:
        if len(refused) == len(avatars):
            raise StylesOff(f"every avatar of job {job.job_id} has a style that is switched off")
        jobs.save(job.change(styles_off=tuple(style for style in job.styles if style in off)))
        jobs.save_avatars(a.model_copy(update={"state": AvatarState.REFUSED}) for a in refused)
    return [avatar for avatar in avatars if avatar not in refused]


def _claim(avatar: Avatar, now: datetime) -> Claim:
    if avatar.watermark is None:
        raise Conflict(f"avatar {avatar.avatar_id} of job {avatar.job_id} has no watermark")
    return Claim(watermark=avatar.watermark, style=avatar.style, engine=avatar.engine, made_at=now)


def _require_finishing(job_id: JobId, jobs: Jobs, files: JobFiles) -> None:
    """Raises Conflict if the job was cancelled while its avatars were written: deletes them.

    The deletion that ended the job may have listed its files before the last one was written.
    """
    job = jobs.get(job_id)
    if job.state is not JobState.FINISHING:
        files.delete(job_id, (*DRAWN, *PUBLISHED))
    job.require(JobState.FINISHING)
