"""Take back a decision that did not take effect yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review import statistics as desk_counters
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


def undo_decision(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
    lease: timedelta,
) -> ClaimView:
    """The case is the moderator's again. Raises CaseDecided once the decision took effect.

    The message that completes the decision finds none and changes nothing.
    """
    now = clock.now()
    undone = change_case(
        review_id,
        lambda review: review.undo(moderator.id, now=now, lasts=lease),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.UNDONE,
        counts=desk_counters.by(moderator.id, {desk_counters.UNDONE: 1}),
    )
    return claim_view(undone, lease)
