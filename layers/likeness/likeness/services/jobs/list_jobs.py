"""A user's jobs, the newest first."""

from likeness.api.app import JobSummary, JobsView, Page
from likeness.domain.ids import UserId
from likeness.domain.jobs.job import Job
from likeness.domain.paging import cursor, position
from likeness.ports.jobs import Jobs
from likeness.services.jobs.get_job import Cards, explain


def list_jobs(user_id: UserId, query: Page, *, jobs: Jobs, reasons: Cards) -> JobsView:
    """A user whom nobody knows has none."""
    of = f"jobs of {user_id}"
    page = jobs.newest(user_id, limit=query.limit, after=position(query.cursor, of=of))
    return JobsView(
        jobs=tuple(_summary(job, reasons) for job in page.items), next=cursor(page.last, of=of)
    )


def _summary(job: Job, reasons: Cards) -> JobSummary:
    return JobSummary(
        job_id=job.job_id,
        state=job.state,
        reason=explain(job.reason, reasons) if job.reason else None,
        failure=job.failure,
        styles=job.styles,
        avatars_asked=job.avatars,
        created_at=job.created_at,
        submit_by=job.submit_by,
    )
