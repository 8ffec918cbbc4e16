"""POST /v1/jobs/{job_id}/appeal: contest a refusal."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.appeals import AppealUploadsView
from likeness.domain.errors import (
    AppealClosed,
    ConcurrentChange,
    JobRunning,
    NotContestable,
    PhotosNotDeletedYet,
)
from likeness.domain.ids import JobId
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.appeal_job import appeal_job


@route(
    "POST",
    "/v1/jobs/{job_id}/appeal",
    gives=AppealUploadsView,
    status=HTTPStatus.CREATED,
    raises=[AppealClosed, ConcurrentChange, JobRunning, NotContestable, PhotosNotDeletedYet],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(job_id: JobId) -> AppealUploadsView:
    """Open an appeal, or get new presigned POSTs for the one that is open.

    Upload each contested file again. When all are recognised, a lead decides, and that is final. An
    appeal that no lead decided in time may be opened again. Possible for 80 days, once the job has
    ended and its photos are deleted.
    """
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
