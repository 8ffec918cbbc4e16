"""Return one more presigned POST, to replace a refused or deleted photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.errors import NotFound, NoUploadsLeft, TooManyPhotos
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import MAX_PHOTOS
from likeness.domain.photos.photo import NOT_STORED, Photo, PhotoState

if TYPE_CHECKING:
    from likeness.api.photos import AddPhoto, PresignedPost, StoredPost
    from likeness.ports.deletion import Deletions
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Photos
    from likeness.ports.runtime import Clock

MAX_UPLOADS = 3 * MAX_PHOTOS  # refused and deleted photos included: a limit for each job


def add_photo(
    job_id: JobId,
    request: AddPhoto,
    *,
    jobs: Jobs,
    photos: Photos,
    deletions: Deletions,
    clock: Clock,
) -> PresignedPost:
    require_takes_photos(job_id, deletions)
    jobs.get(job_id).require_open(clock.now())
    there = jobs.photos(job_id)
    in_use = [photo for photo in there if photo.state not in NOT_STORED]
    if len(in_use) >= MAX_PHOTOS:
        raise TooManyPhotos(f"job {job_id} has {MAX_PHOTOS} photos already")
    if len(there) >= MAX_UPLOADS:
        raise NoUploadsLeft(
            f"job {job_id} has {MAX_UPLOADS} presigned POSTs already: create a new job"
        )
    photo = Photo(
        job_id=job_id,
        photo_id=PhotoId(f"p{len(there) + 1:02d}"),
        content_type=request.content_type,
    )
    # Of two concurrent requests the second raises ConcurrentChange and may be retried.
    jobs.add_photo(photo)
    return photos.presigned_post(job_id, photo.photo_id, photo.content_type)


def add_photo_again(
    stored: StoredPost,
    job_id: JobId,
    *,
    jobs: Jobs,
    photos: Photos,
    deletions: Deletions,
    clock: Clock,
) -> PresignedPost:
    """Return the same photo for a repeated request, with a new presigned POST."""
    require_takes_photos(job_id, deletions)
    jobs.get(job_id).require_open(clock.now())
    for photo in jobs.photos(job_id):
        if photo.photo_id == stored.photo_id and photo.state is not PhotoState.DELETED:
            return photos.presigned_post(job_id, photo.photo_id, photo.content_type)
    raise NotFound(f"job {job_id} has no photo {stored.photo_id}")


def require_takes_photos(job_id: JobId, deletions: Deletions) -> None:
    """Raises NoUploadsLeft if the job is held, without saying so."""
    deletion = deletions.get(job_id)
    if deletion and deletion.state is DeletionState.HELD:
        raise NoUploadsLeft(f"job {job_id} takes no more photos")
