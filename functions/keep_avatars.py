"""POST /v1/jobs/{job_id}/keep: the user picks, the others are deleted."""

from likeness import bootstrap
from likeness.api.app import AvatarsKept, KeepAvatars
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.provenance.keep_avatars import keep_avatars


@route("POST", "/v1/jobs/{job_id}/keep", takes=KeepAvatars, gives=AvatarsKept, raises=[Conflict])
def handler(job_id: JobId, request: KeepAvatars) -> AvatarsKept:
    """What is not named is deleted for good. The answer says when the rest expires."""
    return keep_avatars(
        job_id,
        request,
        jobs=bootstrap.jobs(),
        avatar_store=bootstrap.avatar_store(),
        clock=bootstrap.CLOCK,
    )
