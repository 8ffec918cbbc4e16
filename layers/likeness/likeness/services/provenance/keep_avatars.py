"""Keep the avatars that the user chose; delete the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.avatars import KeepAvatars, KeptAvatarsView
from likeness.domain.deletion.receipt import PUBLISHED, StoredObject
from likeness.domain.errors import AvatarsExpired, Invalid, NotFound
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.published import shown

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from likeness.domain.ids import AvatarId, JobId
    from likeness.domain.jobs.job import Job
    from likeness.ports.jobs import Jobs
    from likeness.ports.provenance import AvatarStore, Watermarks
    from likeness.ports.runtime import Clock
    from likeness.services.deletion.job_deletion import JobDeletion


def keep_avatars(
    job_id: JobId,
    request: KeepAvatars,
    *,
    jobs: Jobs,
    avatar_store: AvatarStore,
    deletion: JobDeletion,
    watermarks: Watermarks,
    clock: Clock,
) -> KeptAvatarsView:
    """Records are written first: from then on no URL of the others is returned.

    Deletion is final. Idempotent: a repeated request deletes the avatars that a failure left.
    Raises ConcurrentChange if the job was changed.
    """
    job = jobs.get(job_id)
    job.require_completed()
    _require_avatars(job, clock.now())
    chosen = set(request.avatars)
    if len(chosen) != len(request.avatars):
        raise Invalid("avatars must differ from one another", field="/body/avatars")
    known = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    there = {n for n, avatar in known.items() if avatar.state is AvatarState.PUBLISHED}
    if missing := sorted(chosen - there):
        raise NotFound(
            f"job {job_id} has no avatar {', '.join(missing)} to keep", field="/body/avatars"
        )
    kept = [avatar for avatar in known.values() if avatar.avatar_id in chosen]
    shows = shown(kept)
    if any(getattr(job, name) != value for name, value in shows.items()):
        jobs.save(job.change(**shows))
    jobs.save_avatars(
        known[avatar_id].model_copy(update={"state": AvatarState.NOT_KEPT})
        for avatar_id in sorted(there - chosen)
    )
    others = [
        avatar
        for avatar in known.values()
        if avatar.avatar_id not in chosen and avatar.state is not AvatarState.REFUSED
    ]
    watermarks.revoke([avatar.watermark for avatar in others if avatar.watermark])
    gone = [avatar.avatar_id for avatar in others]
    if not deletion.is_on_hold(job_id):  # then the others are hidden only
        with deletion.recorded(job_id, _files(job_id, gone, deletion)):
            avatar_store.keep(kept, gone)
    _delete_if_deleted(job_id, jobs, deletion, clock)
    return KeptAvatarsView(
        job_id=job_id,
        avatars=tuple(avatar.avatar_id for avatar in kept),
        avatars_expire_at=job.avatars_expire_at,
    )


def _require_avatars(job: Job, now: datetime) -> None:
    if job.avatars_deletion_asked_at is not None:
        raise NotFound(f"the avatars of job {job.job_id} were deleted")
    if not job.shows_avatars(now):
        raise AvatarsExpired(f"the avatars of job {job.job_id} expired at {job.avatars_expire_at}")


def _files(job_id: JobId, gone: Collection[AvatarId], deletion: JobDeletion) -> list[StoredObject]:
    published = deletion.files.inventory(job_id, PUBLISHED)
    return [one for one in published if one.name.split("/")[1] in gone]


def _delete_if_deleted(job_id: JobId, jobs: Jobs, deletion: JobDeletion, clock: Clock) -> None:
    """Raises NotFound if the avatars were deleted while the ZIP was written: deletes it.

    That deletion may have listed the files before the ZIP was written.
    """
    try:
        _require_avatars(jobs.get(job_id), clock.now())
    except NotFound:
        if not deletion.is_on_hold(job_id):
            deletion.files.delete(job_id, PUBLISHED)
        raise
