"""POST /v1/jobs/{job_id}/keep: the user picks, the others are deleted."""

from likeness.api import Keep, Kept
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route("POST", "/v1/jobs/{job_id}/keep", takes=Keep, gives=Kept, raises=[Conflict])
def handler(job_id: JobId, request: Keep) -> Kept:
    """What is not named is deleted for good. The answer says when the rest expires."""
    return app_backend.keep_avatars(job_id, request)
