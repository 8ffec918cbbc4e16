"""Take a case to work it: a lease that others see, and that runs out by itself."""

from datetime import timedelta

from likeness.api.review import ClaimView
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import Moderator, Review
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock

BEATS = 4  # heartbeats in the time of a lease: three may get lost


def claim_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Of two at once only one gets it: the other's save finds another version."""
    now = clock.now()
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    claimed = review.claim(moderator.id, now=now, lasts=lease)
    audit_event = AuditEvent(
        at=now,
        actor=moderator.id,
        action=AuditAction.CLAIMED,
        review_id=review_id,
        job_id=review.job_id,
    )
    reviews.save(claimed, audit_event)
    return lease_view(claimed, lease)


def lease_view(review: Review, lease: timedelta) -> ClaimView:
    return ClaimView(
        review_id=review.review_id,
        until=review.lease.until if review.lease else review.decide_by,
        heartbeat_seconds=max(1, int(lease.total_seconds()) // BEATS),
    )
