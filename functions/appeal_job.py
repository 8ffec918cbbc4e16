"""POST /v1/jobs/{job_id}/appeal: contest a refusal."""

from http import HTTPStatus

from likeness.api.app import AppealOpened
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/jobs/{job_id}/appeal",
    gives=AppealOpened,
    status=HTTPStatus.CREATED,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,
)
def handler(job_id: JobId) -> AppealOpened:
    """Forms for the refused photos, to be sent again. Recognised, they go to a lead."""
    return app_backend.appeal_job(job_id)
