"""DELETE /v1/jobs/{job_id}: cancel a running job, delete the avatars of a completed one."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.jobs import JobStateView
from likeness.domain.errors import ConcurrentChange
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.jobs.delete_job import delete_job


@route(
    "DELETE",
    "/v1/jobs/{job_id}",
    gives=JobStateView,
    status=HTTPStatus.ACCEPTED,
    raises=[ConcurrentChange],
)
def handler(job_id: JobId) -> JobStateView:
    """Cancel a running job, or delete the avatars of a completed one.

    Works in every state:

    - `open` to `finishing`: cancels. The work is stopped, everything is deleted, no avatar is
      published, and the quota day is returned. The state becomes `cancelling`, then `cancelled`.
    - `completed`: deletes all avatars and their ZIP. They are not shown from now on, and
      `POST /v1/verify` calls them revoked. The state stays `completed` and the quota day stays
      spent. `deletion` is `pending` until a listing finds nothing; then `avatars_deleted_at` is set
      and `GET .../receipt` has a new receipt with the avatars.
    - `refused`, `cancelled`, `expired`, `failed`: nothing is left. Returns the state.
    """
    return delete_job(
        job_id,
        jobs=bootstrap.jobs(),
        deletions=bootstrap.deletions(),
        watermarks=bootstrap.watermarks(),
        workflow=bootstrap.workflow(),
        timers=bootstrap.timers(),
        deadlines=bootstrap.deadlines(),
        clock=bootstrap.CLOCK,
        retry=policy_files.load_retention().retry,
    )
