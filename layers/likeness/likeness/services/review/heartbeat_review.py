"""Renew the lease of a case that a moderator still works on."""

from datetime import timedelta

from likeness.api.review import ClaimView
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import claim_view


def heartbeat_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Raises NoLease if the lease was lost. Heartbeats are not audited."""
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    prolonged = review.renew(moderator.id, now=clock.now(), lasts=lease)
    reviews.save(prolonged)
    return claim_view(prolonged, lease)
