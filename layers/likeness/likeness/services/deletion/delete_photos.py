"""Delete the user's photos and everything made from them except avatars, and verify it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.photos import DeletePhotosResult
from likeness.domain.deletion.receipt import PHOTOS, WORK
from likeness.domain.errors import Unavailable

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.jobs import Jobs
    from likeness.ports.runtime import Clock
    from likeness.services.deletion.job_deletion import JobDeletion


def delete_photos(
    job_id: JobId, *, jobs: Jobs, deletion: JobDeletion, clock: Clock
) -> DeletePhotosResult:
    """Raises NotDeleted if a file is left: then the deletion is pending and an alarm is raised.

    The job's `photos_deleted_at` is set only once all files are gone. A replay does not change it.
    """
    if deletion.is_on_hold(job_id):
        return DeletePhotosResult(job_id=job_id, objects=0)
    try:
        objects = deletion.delete(job_id, (*PHOTOS, *WORK))
    except Unavailable:
        deletion.mark_pending(job_id)
        raise
    job = jobs.get(job_id)
    if job.photos_deleted_at is None and not deletion.is_preserved(job_id):
        jobs.save(job.change(photos_deleted_at=clock.now()))
    return DeletePhotosResult(job_id=job_id, objects=objects)
