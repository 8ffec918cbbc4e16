"""POST /v1/jobs/{job_id}/photos: a presigned POST that replaces a refused photo."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.photos import AddPhoto, PresignedPost, StoredPost
from likeness.domain.errors import (
    AlreadySubmitted,
    ConcurrentChange,
    JobEnded,
    NoUploadsLeft,
    TooManyPhotos,
)
from likeness.domain.ids import JobId
from likeness.entrypoints.http import StoredPart, route
from likeness.services.photos.add_photo import add_photo, add_photo_again


def _again(stored: StoredPost, job_id: JobId) -> PresignedPost:
    return add_photo_again(
        stored,
        job_id,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        deletions=bootstrap.deletions(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/jobs/{job_id}/photos",
    takes=AddPhoto,
    gives=PresignedPost,
    status=HTTPStatus.CREATED,
    raises=[AlreadySubmitted, ConcurrentChange, JobEnded, NoUploadsLeft, TooManyPhotos],
    on_repeat=StoredPart(StoredPost, _again),
)
def handler(job_id: JobId, request: AddPhoto) -> PresignedPost:
    """Create a presigned POST for one more photo.

    To replace a refused photo, or to add one while the job has fewer than 10. A job gets 30
    presigned POSTs in all, refused photos included.
    """
    return add_photo(
        job_id,
        request,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        deletions=bootstrap.deletions(),
        clock=bootstrap.CLOCK,
    )
