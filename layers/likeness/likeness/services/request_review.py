"""Park a job until a moderator has decided, or the deadline has passed."""

from datetime import timedelta

from likeness.domain.ids import JobId
from likeness.domain.job import JobState
from likeness.domain.moderation import Outcome
from likeness.domain.review import PhotoFindings, Review, review_of
from likeness.ports import Clock, Jobs, Reviews


def request_review(
    job_id: JobId,
    task_token: str,
    *,
    jobs: Jobs,
    reviews: Reviews,
    clock: Clock,
    decide_within: timedelta,
) -> None:
    """A replayed step brings a newer token: the review keeps its deadline and takes the token."""
    now = clock.now()
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW)
    found = tuple(
        PhotoFindings(photo_id=photo.photo_id, findings=photo.verdict.findings)
        for photo in jobs.photos(job_id)
        if photo.verdict and photo.verdict.outcome is not Outcome.CLEAN
    )
    review = Review(
        review_id=review_of(job_id),
        job_id=job_id,
        opened_at=now,
        decide_by=now + decide_within,
        photos=found,
    )
    reviews.open(review, task_token)
    if job.state is JobState.MODERATING:
        jobs.save(job.move(JobState.IN_REVIEW, now))
