"""POST /v1/jobs/{job_id}/appeal: contest a refusal."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.app import AppealUploadsView
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.appeal_job import appeal_job


@route(
    "POST",
    "/v1/jobs/{job_id}/appeal",
    gives=AppealUploadsView,
    status=HTTPStatus.CREATED,
    raises=[Conflict],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(job_id: JobId) -> AppealUploadsView:
    """Presigned POSTs for uploading the refused photos again. Photos that match go to a lead."""
    return appeal_job(
        job_id,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeals(),
        photos=bootstrap.photos(),
        deletions=bootstrap.deletions(),
        deadlines=bootstrap.deadlines(),
        deadline=policy_files.load_retention().deadline,
        clock=bootstrap.CLOCK,
    )
