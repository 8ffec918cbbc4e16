"""Claim a case: a lease that other moderators see, and that expires by itself."""

from datetime import timedelta

from likeness.api.review import ClaimView
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import Moderator
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import claim_view


def claim_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Optimistic lock: the second of two concurrent claims raises ConcurrentChange."""
    now = clock.now()
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    claimed = review.claim(moderator.id, now=now, lasts=lease)
    reviews.save(claimed, about(review, AuditAction.CLAIMED, now, actor=moderator.id))
    return claim_view(claimed, lease)
