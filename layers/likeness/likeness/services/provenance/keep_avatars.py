"""Keep the avatars that the user chose; delete the others."""

from likeness.api.app import KeepAvatars, KeptAvatarsView
from likeness.domain.errors import AvatarsExpired, Invalid, NotFound
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId
from likeness.ports.jobs import Jobs
from likeness.ports.provenance import AvatarStore
from likeness.ports.runtime import Clock


def keep_avatars(
    job_id: JobId, request: KeepAvatars, *, jobs: Jobs, avatar_store: AvatarStore, clock: Clock
) -> KeptAvatarsView:
    """Records are written first: from then on no URL of the others is returned.

    Deletion is final. Idempotent: a repeated request deletes the avatars that a failure left.
    """
    job = jobs.get(job_id)
    job.require_completed()
    if job.avatars_expire_at is not None and clock.now() >= job.avatars_expire_at:
        raise AvatarsExpired(
            f"the avatars of job {job_id} expired at {job.avatars_expire_at.isoformat()}"
        )
    chosen = set(request.avatars)
    if len(chosen) != len(request.avatars):
        raise Invalid("avatars must differ from one another", field="/body/avatars")
    known = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    shown = {n for n, avatar in known.items() if avatar.state is AvatarState.PUBLISHED}
    if missing := sorted(chosen - shown):
        raise NotFound(
            f"job {job_id} has no avatar {', '.join(missing)} to keep", field="/body/avatars"
        )
    jobs.save_avatars(
        known[avatar_id].model_copy(update={"state": AvatarState.NOT_KEPT})
        for avatar_id in sorted(shown - chosen)
    )
    kept = [avatar for avatar in known.values() if avatar.avatar_id in chosen]
    others = [
        avatar.avatar_id
        for avatar in known.values()
        if avatar.avatar_id not in chosen and avatar.state is not AvatarState.REFUSED
    ]
    avatar_store.keep(kept, others)
    return KeptAvatarsView(
        job_id=job_id,
        avatars=tuple(avatar.avatar_id for avatar in kept),
        avatars_expire_at=job.avatars_expire_at,
    )
