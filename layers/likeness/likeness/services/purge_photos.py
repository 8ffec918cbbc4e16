"""Delete the user's photos and everything made from them but the avatars, and see it gone."""

from likeness.contracts import Purged
from likeness.domain.ids import JobId
from likeness.ports import Clock, Jobs, Photos, Work


def purge_photos(job_id: JobId, *, jobs: Jobs, photos: Photos, work: Work, clock: Clock) -> Purged:
    """Both purges list afterwards and raise NotDeleted where something is left.

    Only then does the job say when its photos were deleted; a replay keeps the first time.
    """
    objects = photos.purge(job_id) + work.purge(job_id)
    job = jobs.get(job_id)
    if job.photos_deleted_at is None:
        jobs.save(job.change(photos_deleted_at=clock.now()))
    return Purged(job_id=job_id, objects=objects)
