"""POST /v1/jobs/{job_id}/keep: keep the user's picks, delete the others."""

from likeness import bootstrap
from likeness.api.avatars import KeepAvatars, KeptAvatarsView
from likeness.domain.errors import AvatarsExpired, ConcurrentChange, JobEnded, JobRunning
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.provenance.keep_avatars import keep_avatars


@route(
    "POST",
    "/v1/jobs/{job_id}/keep",
    takes=KeepAvatars,
    gives=KeptAvatarsView,
    raises=[AvatarsExpired, ConcurrentChange, JobEnded, JobRunning],
)
def handler(job_id: JobId, request: KeepAvatars) -> KeptAvatarsView:
    """Keep the avatars that the user chose; delete the others for good.

    The archive then holds the kept ones. Kept avatars expire when all of the job's would have. A
    repeat with the same avatars changes nothing.
    """
    return keep_avatars(
        job_id,
        request,
        jobs=bootstrap.jobs(),
        avatar_store=bootstrap.avatar_store(),
        deletion=bootstrap.job_deletion(),
        watermarks=bootstrap.watermarks(),
        clock=bootstrap.CLOCK,
    )
