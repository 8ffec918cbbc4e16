"""Delete one photo of a job that is not submitted: the user takes it back, or takes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.photos import PhotoView
from likeness.domain.deletion.receipt import PHOTOS
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.services.photos.records import find_photo

if TYPE_CHECKING:
    from likeness.domain.ids import JobId, PhotoId
    from likeness.ports.jobs import Jobs
    from likeness.ports.runtime import Clock
    from likeness.services.deletion.job_deletion import JobDeletion

TRIES = 3  # an inspection changes the photo


def delete_photo(
    job_id: JobId, photo_id: PhotoId, *, jobs: Jobs, deletion: JobDeletion, clock: Clock
) -> PhotoView:
    """The record is written first: an inspection that runs cannot accept the photo any more, and
    deletes what it stores. Idempotent: a repeated request deletes the files that a failure left.

    Raises NotFound for an unknown photo, AlreadySubmitted or JobEnded if the job is not open.
    """
    for n in range(1, TRIES + 1):
        try:
            photo = _record(job_id, photo_id, jobs, clock)
            break
        except ConcurrentChange:
            if n == TRIES:
                raise
    if not deletion.is_on_hold(job_id):
        deletion.delete(job_id, PHOTOS, photo=photo_id)
    return PhotoView(photo_id=photo_id, state=photo.state)


def _record(job_id: JobId, photo_id: PhotoId, jobs: Jobs, clock: Clock) -> Photo:
    job, photo = find_photo(job_id, photo_id, jobs)
    if job is None or photo is None:
        raise NotFound(f"there is no photo {photo_id} in job {job_id}")
    job.require_open(clock.now())
    if photo.state is PhotoState.DELETED:
        return photo
    deleted = photo.deleted()
    jobs.delete_photo(deleted, seen=photo, job=job.change())
    return deleted
