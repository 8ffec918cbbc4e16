"""Open a review: the job waits until a moderator decides or the deadline passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.jobs.job import JobState
from likeness.domain.moderation import Policy, severity
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.review.case import PhotoFindings, Review, review_of
from likeness.domain.review.kinds import ReviewState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from likeness.domain.ids import JobId
    from likeness.domain.jobs.catalogue import Tier
    from likeness.ports.holds import Holds
    from likeness.ports.jobs import Jobs
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def request_review(
    job_id: JobId,
    task_token: str,
    *,
    jobs: Jobs,
    reviews: Reviews,
    holds: Holds,
    clock: Clock,
    policy: Policy,
    tiers: Mapping[str, Tier],
    decide_within: timedelta,
) -> None:
    """A replayed step has a newer task token: it is stored, the deadline does not change.

    The case contains every photo that was not left out, those with findings first: whether one
    shows another person is visible only next to the others. That of a held job waits for a lead.
    """
    now = clock.now()
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW)
    found = findings_first(jobs.photos(job_id))
    hold = holds.get(job_id)
    reasons = [finding.reason for photo in found for finding in photo.findings]
    review = Review(
        review_id=review_of(job_id),
        job_id=job_id,
        owner=job.user_id,
        state=ReviewState.HELD if hold and hold.active else ReviewState.WAITING,
        hold_returned=hold is not None and hold.found_legal,
        severity=severity(reasons, policy),
        priority=tiers[job.tier].priority,
        opened_at=now,
        decide_by=now + decide_within,
        photos=found,
    )
    moving = job.state is JobState.MODERATING
    reviews.open(review, task_token, job=job.move(JobState.IN_REVIEW, now) if moving else None)


def findings_first(photos: Iterable[Photo]) -> tuple[PhotoFindings, ...]:
    """Return the moderated photos of a case, without those that were left out."""
    found = [
        PhotoFindings(photo_id=photo.photo_id, findings=photo.verdict.findings)
        for photo in photos
        if photo.verdict and photo.state is not PhotoState.LEFT_OUT
    ]
    return tuple(sorted(found, key=lambda photo: not photo.findings))
