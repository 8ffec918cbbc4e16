"""POST /v1/jobs/{job_id}/photos: one more presigned POST."""

from http import HTTPStatus

from likeness.api.app import AddPhoto, PresignedPost, StoredPost
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import InPart, route


@route(
    "POST",
    "/v1/jobs/{job_id}/photos",
    takes=AddPhoto,
    gives=PresignedPost,
    status=HTTPStatus.CREATED,
    raises=[Conflict],
    repeats=InPart(StoredPost, app_backend.add_photo_again),
)
def handler(job_id: JobId, request: AddPhoto) -> PresignedPost:
    """Give one more presigned POST, to replace a refused photo."""
    return app_backend.add_photo(job_id, request)
