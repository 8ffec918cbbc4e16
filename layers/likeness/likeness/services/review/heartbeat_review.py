"""Say that a case is still being worked: its lease begins anew."""

from datetime import timedelta

from likeness.api.review import ClaimView
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.claim_review import lease_view


def heartbeat_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Conflict where the lease was lost. No act: the audit log does not hear of it."""
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    prolonged = review.prolong(moderator.id, now=clock.now(), lasts=lease)
    reviews.save(prolonged)
    return lease_view(prolonged, lease)
