"""POST /v1/jobs: open a job and give its upload forms."""

from http import HTTPStatus

from likeness.api import Created, CreateJob, KeptJob
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict, Forbidden, NotFound, OverQuota
from likeness.entrypoints.http import InPart, route


@route(
    "POST",
    "/v1/jobs",
    takes=CreateJob,
    gives=Created,
    status=HTTPStatus.CREATED,
    raises=[Conflict, Forbidden, NotFound, OverQuota],
    repeats=InPart(KeptJob, app_backend.create_job_again),
)
def handler(request: CreateJob) -> Created:
    """Open a job: consent, bounds, tier and day are looked at, upload forms are given."""
    return app_backend.create_job(request)
