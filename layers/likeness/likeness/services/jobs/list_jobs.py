"""A user's jobs, newest first."""

from likeness.api.app import JobsView, PageQuery
from likeness.domain.ids import UserId
from likeness.domain.paging import cursor, position
from likeness.ports.jobs import Jobs
from likeness.presenters.jobs import Cards, job_summary


def list_jobs(user_id: UserId, query: PageQuery, *, jobs: Jobs, reasons: Cards) -> JobsView:
    """An unknown user has none."""
    of = f"jobs of {user_id}"
    page = jobs.newest(user_id, limit=query.limit, after=position(query.cursor, of=of))
    return JobsView(
        jobs=tuple(job_summary(job, reasons) for job in page.items), next=cursor(page.last, of=of)
    )
