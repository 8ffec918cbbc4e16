"""Renew the lease of a case that a moderator still works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.presenters.review import claim_view
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from datetime import timedelta

    from likeness.api.review import ClaimView
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def heartbeat_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Raises NoLease or CaseTaken if the lease was lost. Heartbeats are not audited."""
    now = clock.now()
    renewed = change_case(
        review_id,
        lambda review: review.renew(moderator.id, now=now, lasts=lease),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=None,
    )
    return claim_view(renewed, lease)
