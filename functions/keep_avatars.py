"""POST /v1/jobs/{job_id}/keep: the user picks, the others are deleted."""

from likeness.api.app import KeepAvatars, KeptAvatarsView
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route(
    "POST", "/v1/jobs/{job_id}/keep", takes=KeepAvatars, gives=KeptAvatarsView, raises=[Conflict]
)
def handler(job_id: JobId, request: KeepAvatars) -> KeptAvatarsView:
    """What is not named is deleted for good. The answer says when the rest expires."""
    return app_backend.keep_avatars(job_id, request)
