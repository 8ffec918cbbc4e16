"""DELETE /v1/jobs/{job_id}/photos/{photo_id}: the user takes a photo back."""

from likeness import bootstrap
from likeness.api.photos import PhotoView
from likeness.domain.errors import AlreadySubmitted, ConcurrentChange, JobEnded
from likeness.domain.ids import JobId, PhotoId
from likeness.entrypoints.http import route
from likeness.services.photos.delete_photo import delete_photo


@route(
    "DELETE",
    "/v1/jobs/{job_id}/photos/{photo_id}",
    gives=PhotoView,
    raises=[ConcurrentChange, AlreadySubmitted, JobEnded],
)
def handler(job_id: JobId, photo_id: PhotoId) -> PhotoView:
    """Delete one photo before the job is submitted.

    In any state: awaited, while it is checked, accepted or refused. `POST .../photos` returns a
    presigned POST for another one.
    """
    return delete_photo(
        job_id,
        photo_id,
        jobs=bootstrap.jobs(),
        deletion=bootstrap.job_deletion(),
        clock=bootstrap.CLOCK,
    )
