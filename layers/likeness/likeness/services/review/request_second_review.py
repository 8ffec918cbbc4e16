"""Open a blind second opinion: the decided job waits for it or for its deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.jobs.job import JobState
from likeness.domain.review.case import Review, review_of
from likeness.domain.review.kinds import ReviewKind

if TYPE_CHECKING:
    from datetime import timedelta

    from likeness.domain.ids import JobId
    from likeness.ports.jobs import Jobs
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def request_second_review(
    job_id: JobId,
    task_token: str,
    *,
    jobs: Jobs,
    reviews: Reviews,
    clock: Clock,
    decide_within: timedelta,
) -> None:
    """The same case, for any moderator except the one who decided it first.

    The job gets a new version: an end that has read it before sees that it changed, and closes the
    case.
    """
    job = jobs.get(job_id)
    job.require(JobState.IN_REVIEW)
    now = clock.now()
    first = reviews.get(review_of(job_id))
    second = Review(
        review_id=review_of(job_id, ReviewKind.SECOND),
        job_id=job_id,
        owner=first.owner,
        kind=ReviewKind.SECOND,
        severity=first.severity,
        priority=first.priority,
        opened_at=now,
        decide_by=now + decide_within,
        shown=first.window,
        photos=first.photos,
        excluded_moderators=(first.decided_by,) if first.decided_by else (),
    )
    reviews.open(second, task_token, job=job.change())
