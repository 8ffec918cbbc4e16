"""Make the approved avatars ready to be fetched: every size, and one ZIP."""

from likeness.contracts import Published
from likeness.domain.avatar import AvatarState
from likeness.domain.ids import JobId
from likeness.domain.job import JobState
from likeness.ports import Gallery, Jobs


def publish_avatars(job_id: JobId, *, jobs: Jobs, gallery: Gallery) -> Published:
    """Writing twice writes the same. Nobody is given a link before the job is completed."""
    jobs.get(job_id).require(JobState.FINISHING)
    avatars = [a for a in jobs.avatars(job_id) if a.state is not AvatarState.REFUSED]
    waiting = [a for a in avatars if a.state is AvatarState.APPROVED]
    if waiting:
        gallery.publish(avatars)
        _still_wanted(job_id, jobs, gallery)
        jobs.save_avatars(
            avatar.model_copy(update={"state": AvatarState.PUBLISHED}) for avatar in waiting
        )
    gallery.tidy(job_id)
    return Published(job_id=job_id, avatars=len(avatars))


def _still_wanted(job_id: JobId, jobs: Jobs, gallery: Gallery) -> None:
    """Conflict where the job was cancelled while its avatars were written: they are deleted again.

    Whoever ends the job may have looked before the last one was there.
    """
    job = jobs.get(job_id)
    if job.state is not JobState.FINISHING:
        gallery.purge(job_id)
    job.require(JobState.FINISHING)
