"""A moderator decides a case: the job continues or ends, or an appeal is granted or rejected."""

from collections import Counter
from collections.abc import Mapping

from likeness.api.review import DecideReview, ReviewSummary
from likeness.contracts import ReviewResult
from likeness.domain.errors import CaseClosed, Conflict, Invalid
from likeness.domain.ids import ReviewId
from likeness.domain.moderation import EscalateRule
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import (
    Moderator,
    Review,
    ReviewKind,
    ReviewState,
    check_refusal,
    is_sampled,
    require_no_hold,
    review_of,
)
from likeness.ports.jobs import Workflow
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock, Metrics
from likeness.presenters.review import review_summary
from likeness.services.review.appeal_closing import AppealClosing


def decide_review(
    review_id: ReviewId,
    decision: DecideReview,
    *,
    moderator: Moderator,
    reviews: Reviews,
    appeals: AppealClosing,
    workflow: Workflow,
    metrics: Metrics,
    clock: Clock,
    escalate: EscalateRule,
    second_percent: float,
) -> ReviewSummary:
    """The decision is stored before it takes effect.

    Idempotent for the same moderator: the same decision again repeats only what follows from it.
    Another moderator's decision raises CaseClosed.
    """
    if decision.approve == bool(decision.photos):
        raise Invalid(
            "approve and name no photo, or refuse and name each with its reason code",
            field="/body/photos",
        )
    now = clock.now()
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    check_refusal(review, decision.photos)
    require_no_hold(review, decision.photos, escalate)
    if not _is_repeated(review, decision, moderator):
        began = review.lease.since if review.lease else None
        review = review.decide(moderator.id, now=now, refused=decision.photos)
        action = AuditAction.REFUSED if review.refused else AuditAction.APPROVED
        details = {str(photo.photo_id): photo.reason.value for photo in review.refused}
        audit_event = about(review, action, now, actor=moderator.id, details=details)
        reviews.save(review, audit_event, _counts(review, reviews))
        metrics.count("CasesDecided")
        metrics.count("ModeratorSeconds", round((now - (began or now)).total_seconds()))
    if review.kind is ReviewKind.APPEAL:
        appeals.close(review, now)
    else:
        second = review.kind is ReviewKind.PHOTOS and is_sampled(
            review.job_id, second_percent, "second"
        )
        result = ReviewResult(job_id=review.job_id, approved=decision.approve, second=second)
        try:
            workflow.resume(reviews.task_token(review_id), result.model_dump(mode="json"))
        except Conflict as late:
            raise CaseClosed(f"no state machine waits for review {review_id} any more") from late
    return review_summary(review, moderator, now)


def _is_repeated(review: Review, decision: DecideReview, moderator: Moderator) -> bool:
    state = ReviewState.APPROVED if decision.approve else ReviewState.REFUSED
    decided = (review.state, review.decided_by, review.refused)
    return decided == (state, moderator.id, decision.photos)


def _counts(review: Review, reviews: Reviews) -> Mapping[str, int]:
    """Return a decision's counts for the statistics: numbers without ids."""
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
