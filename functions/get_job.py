"""GET /v1/jobs/{job_id}: state, verdicts, progress, avatars."""

from likeness.api.app import JobView
from likeness.bootstrap import app_backend
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route("GET", "/v1/jobs/{job_id}", gives=JobView)
def handler(job_id: JobId) -> JobView:
    """State, verdict of each photo, progress, and avatars with links that live five minutes."""
    return app_backend.get_job(job_id)
