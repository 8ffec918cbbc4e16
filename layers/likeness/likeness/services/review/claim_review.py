"""Claim a case: a lease that other moderators see, and that expires by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import claim_view
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from datetime import timedelta

    from likeness.api.review import ClaimView
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def claim_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """Of two concurrent claims the second raises CaseTaken."""
    now = clock.now()
    claimed = change_case(
        review_id,
        lambda review: review.claim(moderator.id, now=now, lasts=lease),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.CLAIMED,
    )
    return claim_view(claimed, lease)
