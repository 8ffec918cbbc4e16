"""POST /v1/jobs/{job_id}/photos: one more upload form."""

from http import HTTPStatus

from likeness.api import AddPhoto, UploadForm
from likeness.bootstrap import app_backend
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route(
    "POST",
    "/v1/jobs/{job_id}/photos",
    takes=AddPhoto,
    gives=UploadForm,
    status=HTTPStatus.CREATED,
)
def handler(job_id: JobId, request: AddPhoto) -> UploadForm:
    """Give one more upload form, to replace a refused photo."""
    return app_backend.add_photo(job_id, request)
