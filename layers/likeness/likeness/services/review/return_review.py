"""A lead returns an escalated case to the moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import Forbidden, NotEscalated
from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import review_summary
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import ReviewSummary
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator, Review
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def return_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> ReviewSummary:
    """Raises Conflict if the case was not escalated. Notes stay: they say what to look at."""
    if not moderator.lead:
        raise Forbidden("only a lead returns an escalated case")
    now = clock.now()

    def without_escalation(review: Review) -> Review:
        if not review.escalation:
            raise NotEscalated(f"review {review_id} was not escalated")
        return review.return_to_queue(moderator.id, now)

    returned = change_case(
        review_id,
        without_escalation,
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.RETURNED,
    )
    return review_summary(returned, moderator, now)
