"""POST /v1/jobs/{job_id}/keep: the user picks, the others are deleted."""

from likeness.api.app import AvatarsKept, KeepAvatars
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route("POST", "/v1/jobs/{job_id}/keep", takes=KeepAvatars, gives=AvatarsKept, raises=[Conflict])
def handler(job_id: JobId, request: KeepAvatars) -> AvatarsKept:
    """What is not named is deleted for good. The answer says when the rest expires."""
    return app_backend.keep_avatars(job_id, request)
