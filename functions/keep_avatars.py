"""POST /v1/jobs/{job_id}/keep: keep the user's picks, delete the others."""

from likeness import bootstrap
from likeness.api.app import KeepAvatars, KeptAvatarsView
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.provenance.keep_avatars import keep_avatars


@route(
    "POST", "/v1/jobs/{job_id}/keep", takes=KeepAvatars, gives=KeptAvatarsView, raises=[Conflict]
)
def handler(job_id: JobId, request: KeepAvatars) -> KeptAvatarsView:
    """Avatars that are not named are deleted for good. Returns when the others expire."""
    return keep_avatars(
        job_id,
        request,
        jobs=bootstrap.jobs(),
        avatar_store=bootstrap.avatar_store(),
        files=bootstrap.job_files(),
        watermarks=bootstrap.watermarks(),
        clock=bootstrap.CLOCK,
    )
