"""GET /v1/users/{user_id}/jobs: a user's jobs, each with its first picture."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.jobs import JobsQuery, JobsView
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route
from likeness.services.jobs.list_jobs import list_jobs


@route("GET", "/v1/users/{user_id}/jobs", query=JobsQuery, gives=JobsView)
def handler(user_id: UserId, query: JobsQuery) -> JobsView:
    """A user's jobs, newest first.

    Eventually consistent: a job may appear a moment after its creation. Records expire after 90
    days.
    """
    return list_jobs(
        user_id,
        query,
        jobs=bootstrap.jobs(),
        avatar_store=bootstrap.avatar_store(),
        clock=bootstrap.CLOCK,
        reasons=policy_files.load_reasons(),
    )
