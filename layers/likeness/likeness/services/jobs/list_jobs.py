"""A user's jobs, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.jobs import JobsQuery, JobsView
from likeness.domain.paging import cursor, position
from likeness.presenters.jobs import job_summary

if TYPE_CHECKING:
    from likeness.domain.ids import UserId
    from likeness.ports.jobs import Jobs
    from likeness.ports.provenance import AvatarStore
    from likeness.ports.runtime import Clock
    from likeness.presenters.reasons import Cards


def list_jobs(
    user_id: UserId,
    query: JobsQuery,
    *,
    jobs: Jobs,
    avatar_store: AvatarStore,
    clock: Clock,
    reasons: Cards,
) -> JobsView:
    """An unknown user has none. A page needs no read besides the jobs' own records."""
    of = f"jobs of {user_id} in {query.state}" if query.state else f"jobs of {user_id}"
    page = jobs.newest(
        user_id, limit=query.limit, after=position(query.cursor, of=of), state=query.state
    )
    now = clock.now()
    summaries = (
        job_summary(
            job,
            reasons,
            avatar_store.thumbnail_url(job.job_id, job.cover)
            if job.cover and job.shows_avatars(now)
            else None,
        )
        for job in page.items
    )
    return JobsView(jobs=tuple(summaries), next=cursor(page.last, of=of))
