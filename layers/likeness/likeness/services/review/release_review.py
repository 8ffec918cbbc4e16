"""Return an undecided case to the review queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import review_summary
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import ReviewSummary
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def release_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> ReviewSummary:
    now = clock.now()
    released = change_case(
        review_id,
        lambda review: review.release(moderator.id, now),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.RELEASED,
    )
    return review_summary(released, moderator, now)
