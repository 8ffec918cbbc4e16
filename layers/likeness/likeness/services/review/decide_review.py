"""A moderator decides a case, and the job goes on or ends, or an appeal is granted or not."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from likeness.api.review import Decide, ReviewSummary
from likeness.contracts import ReviewResult
from likeness.domain.errors import Conflict, Invalid
from likeness.domain.ids import ReviewId
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import (
    Moderator,
    Review,
    ReviewKind,
    ReviewState,
    check_refusal,
    picked,
    review_of,
)
from likeness.ports.account import Ledger, Users
from likeness.ports.jobs import Jobs, Workflow
from likeness.ports.photos import Photos
from likeness.ports.review import Appeals, Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.appeal_job import close_appeal
from likeness.services.review.list_reviews import summary


def decide_review(
    review_id: ReviewId,
    decision: Decide,
    *,
    moderator: Moderator,
    jobs: Jobs,
    reviews: Reviews,
    appeals: Appeals,
    photos: Photos,
    ledger: Ledger,
    users: Users,
    workflow: Workflow,
    clock: Clock,
    second_percent: float,
) -> ReviewSummary:
    """The decision is stored before anybody hears of it.

    The same moderator may send the same decision again: what was lost on its way is done again,
    and all of it may be done twice. Anybody else gets Conflict.
    """
    if decision.approve == bool(decision.photos):
        raise Invalid("approve and name no photo, or refuse and name each with its reason code")
    now = clock.now()
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    check_refusal(review, decision.photos)
    if not _is_repeated(review, decision, moderator):
        review = review.decide(moderator.id, now=now, refused=decision.photos)
        reviews.save(review, _deed(review, moderator, now), _counts(review, reviews))
    if review.kind is ReviewKind.APPEAL:
        close_appeal(
            review,
            jobs=jobs,
            reviews=reviews,
            appeals=appeals,
            photos=photos,
            ledger=ledger,
            users=users,
            now=now,
        )
    else:
        second = review.kind is ReviewKind.PHOTOS and picked(
            review.job_id, second_percent, "second"
        )
        answer = ReviewResult(job_id=review.job_id, approved=decision.approve, second=second)
        try:
            workflow.resume(reviews.task_token(review_id), answer.model_dump(mode="json"))
        except Conflict as late:
            raise Conflict(f"review {review_id} is no longer waited for") from late
    return summary(review, moderator, now)


def _is_repeated(review: Review, decision: Decide, moderator: Moderator) -> bool:
    state = ReviewState.APPROVED if decision.approve else ReviewState.REFUSED
    return (review.state, review.decided_by, review.refused) == (
        state,
        moderator.id,
        decision.photos,
    )


def _deed(review: Review, moderator: Moderator, now: datetime) -> AuditEvent:
    return AuditEvent(
        at=now,
        actor=moderator.id,
        action=AuditAction.REFUSED if review.refused else AuditAction.APPROVED,
        review_id=review.review_id,
        job_id=review.job_id,
        details={photo.photo_id: photo.reason.value for photo in review.refused},
    )


def _counts(review: Review, reviews: Reviews) -> Mapping[str, int]:
    """What the statistics remember of a decision: numbers, and no id."""
    approved = review.state is ReviewState.APPROVED
    if review.kind is ReviewKind.APPEAL:
        return {desk_counters.OVERTURNED if approved else desk_counters.UPHELD: 1}
    if review.kind is ReviewKind.SECOND:
        first = reviews.get(review_of(review.job_id))
        return {desk_counters.pair(first.state is ReviewState.APPROVED, approved): 1}
    waited = (review.decided_at or review.opened_at) - review.opened_at
    reasons = Counter(f"{desk_counters.REASON}{photo.reason}" for photo in review.refused)
    return {
        desk_counters.APPROVED if approved else desk_counters.REFUSED: 1,
        desk_counters.SECONDS: int(waited.total_seconds()),
        **reasons,
    }
