"""DELETE /v1/jobs/{job_id}: cancel at any moment."""

from http import HTTPStatus

from likeness.api.app import Submitted
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route(
    "DELETE",
    "/v1/jobs/{job_id}",
    gives=Submitted,
    status=HTTPStatus.ACCEPTED,
    raises=[Conflict],
)
def handler(job_id: JobId) -> Submitted:
    """Work is stopped, everything is deleted, the day is given back. No avatar is published."""
    return app_backend.cancel_job(job_id)
