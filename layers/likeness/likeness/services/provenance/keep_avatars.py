"""Keep the avatars that the user picked; the others are deleted."""

from likeness.api.app import AvatarsKept, KeepAvatars
from likeness.domain.errors import Invalid, NotFound
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.jobs import Jobs
from likeness.ports.provenance import AvatarStore
from likeness.ports.runtime import Clock


def keep_avatars(
    job_id: JobId, request: KeepAvatars, *, jobs: Jobs, avatar_store: AvatarStore, clock: Clock
) -> AvatarsKept:
    """The records first: from then on nobody gets a link to what was dropped.

    What was dropped is gone for good. The same request again deletes what a fault left behind.
    """
    job = jobs.get(job_id)
    job.require(JobState.COMPLETED)
    if job.avatars_expire_at is not None and clock.now() >= job.avatars_expire_at:
        raise NotFound(
            f"the avatars of job {job_id} expired at {job.avatars_expire_at.isoformat()}"
        )
    picked = set(request.avatars)
    if len(picked) != len(request.avatars):
        raise Invalid("avatars must differ from one another")
    known = {avatar.avatar_id: avatar for avatar in jobs.avatars(job_id)}
    shown = {n for n, avatar in known.items() if avatar.state is AvatarState.PUBLISHED}
    if missing := sorted(picked - shown):
        raise NotFound(f"job {job_id} has no avatar {', '.join(missing)} to keep")
    jobs.save_avatars(
        known[avatar_id].model_copy(update={"state": AvatarState.DROPPED})
        for avatar_id in sorted(shown - picked)
    )
    kept = [avatar for avatar in known.values() if avatar.avatar_id in picked]
    dropped = [
        avatar.avatar_id
        for avatar in known.values()
        if avatar.avatar_id not in picked and avatar.state is not AvatarState.REFUSED
    ]
    avatar_store.keep(kept, dropped)
    return AvatarsKept(
        job_id=job_id,
        avatars=tuple(avatar.avatar_id for avatar in kept),
        avatars_expire_at=job.avatars_expire_at,
    )
