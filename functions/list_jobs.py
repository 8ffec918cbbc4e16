"""GET /v1/users/{user_id}/jobs: a user's jobs, the newest first."""

from likeness.api.app import JobsView, Page
from likeness.bootstrap import app_backend
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route


@route("GET", "/v1/users/{user_id}/jobs", query=Page, gives=JobsView)
def handler(user_id: UserId, query: Page) -> JobsView:
    """A user's jobs, the newest first."""
    return app_backend.list_jobs(user_id, query)
