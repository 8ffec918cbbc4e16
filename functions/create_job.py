"""POST /v1/jobs: open a job and give its presigned POSTs."""

from http import HTTPStatus

from likeness.api.app import Created, CreateJob, StoredJob
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
    repeats=InPart(StoredJob, app_backend.create_job_again),
)
def handler(request: CreateJob) -> Created:
    """Open a job: consent, bounds, tier and day are looked at, presigned POSTs are given."""
    return app_backend.create_job(request)
