"""Escalate a case to the leads, with a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import review_summary
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import EscalateReview, ReviewSummary
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def escalate_review(
    review_id: ReviewId,
    request: EscalateReview,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
) -> ReviewSummary:
    """A lead may escalate too: then another lead decides."""
    now = clock.now()
    escalated = change_case(
        review_id,
        lambda review: review.escalate(moderator.id, now, request.reason, request.note),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.ESCALATED,
        details={"reason": request.reason},
        counts=desk_counters.by(moderator.id, {desk_counters.ESCALATED: 1}),
    )
    return review_summary(escalated, moderator, now)
