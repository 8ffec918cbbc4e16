"""POST /v1/jobs/{job_id}/photos: one more upload form."""

from http import HTTPStatus

from likeness.api import AddPhoto, KeptForm, UploadForm
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import InPart, route


@route(
    "POST",
    "/v1/jobs/{job_id}/photos",
    takes=AddPhoto,
    gives=UploadForm,
    status=HTTPStatus.CREATED,
    raises=[Conflict],
    repeats=InPart(KeptForm, app_backend.add_photo_again),
)
def handler(job_id: JobId, request: AddPhoto) -> UploadForm:
    """Give one more upload form, to replace a refused photo."""
    return app_backend.add_photo(job_id, request)
