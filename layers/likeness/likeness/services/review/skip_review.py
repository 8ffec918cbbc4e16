"""Skip a case: it returns to the queue, and "claim next" gives it to other moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import review_summary
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import ReviewSummary, SkipReview
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def skip_review(
    review_id: ReviewId,
    request: SkipReview,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
) -> ReviewSummary:
    """The moderator can still claim the case by its id."""
    now = clock.now()
    skipped = change_case(
        review_id,
        lambda review: review.skip(moderator.id, now),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.SKIPPED,
        details={"reason": request.reason},
        counts=desk_counters.by(
            moderator.id,
            {desk_counters.SKIPPED: 1, f"{desk_counters.SKIPPED}#{request.reason}": 1},
        ),
    )
    return review_summary(skipped, moderator, now)
