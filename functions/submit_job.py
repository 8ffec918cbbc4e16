"""POST /v1/jobs/{job_id}/submit: take the day and start."""

from http import HTTPStatus

from likeness.api.app import Submitted
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict, Invalid, OverQuota
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route(
    "POST",
    "/v1/jobs/{job_id}/submit",
    gives=Submitted,
    status=HTTPStatus.ACCEPTED,
    raises=[Conflict, Invalid, OverQuota],
)
def handler(job_id: JobId) -> Submitted:
    """Submit a job with 3 to 10 accepted photos: the day is reserved and the work starts."""
    return app_backend.submit_job(job_id)
