"""Give one more presigned POST, to replace a refused photo."""

from likeness.api.app import AddPhoto, PresignedPost, StoredPost
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import MAX_PHOTOS, Job, JobState
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.runtime import Clock

MAX_FORMS = 3 * MAX_PHOTOS  # refused photos included: a job is no endless upload


def add_photo(
    job_id: JobId, request: AddPhoto, *, jobs: Jobs, photos: Photos, clock: Clock
) -> PresignedPost:
    _require_open(jobs.get(job_id), clock)
    there = jobs.photos(job_id)
    standing = [photo for photo in there if photo.state is not PhotoState.REFUSED]
    if len(standing) >= MAX_PHOTOS:
        raise Conflict(f"job {job_id} has {MAX_PHOTOS} photos already")
    if len(there) >= MAX_FORMS:
        raise Conflict(f"job {job_id} was given {MAX_FORMS} forms already: start a new one")
    photo = Photo(
        job_id=job_id,
        photo_id=PhotoId(f"p{len(there) + 1:02d}"),
        content_type=request.content_type,
    )
    jobs.add_photo(photo)  # two at once: the second gets Conflict and asks again
    return photos.presigned_post(job_id, photo.photo_id, photo.content_type)


def add_photo_again(
    kept: StoredPost, job_id: JobId, *, jobs: Jobs, photos: Photos, clock: Clock
) -> PresignedPost:
    """The answer of the same request once more: the same photo, its form signed anew."""
    _require_open(jobs.get(job_id), clock)
    for photo in jobs.photos(job_id):
        if photo.photo_id == kept.photo_id:
            return photos.presigned_post(job_id, photo.photo_id, photo.content_type)
    raise NotFound(f"job {job_id} has no photo {kept.photo_id}")


def _require_open(job: Job, clock: Clock) -> None:
    job.require(JobState.OPEN)
    if clock.now() >= job.submit_by:
        raise Conflict(f"job {job.job_id} had to be submitted by {job.submit_by.isoformat()}")
