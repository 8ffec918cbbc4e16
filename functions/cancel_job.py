"""DELETE /v1/jobs/{job_id}: cancel a job in any state."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.app import JobStateView
from likeness.domain.errors import ConcurrentChange, JobEnded
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.jobs.cancel_job import cancel_job


@route(
    "DELETE",
    "/v1/jobs/{job_id}",
    gives=JobStateView,
    status=HTTPStatus.ACCEPTED,
    raises=[ConcurrentChange, JobEnded],
)
def handler(job_id: JobId) -> JobStateView:
    """Cancel a job that has not ended.

    Stops the work, deletes everything, returns the quota day. No avatar is published.
    """
    return cancel_job(
        job_id,
        jobs=bootstrap.jobs(),
        workflow=bootstrap.workflow(),
        timers=bootstrap.timers(),
        clock=bootstrap.CLOCK,
    )
