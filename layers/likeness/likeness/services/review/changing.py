"""Change a case under its optimistic lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import ConcurrentChange
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.statistics import DeskCounts, own_day
from likeness.services.review.blind import case_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator, Review
    from likeness.ports.review import Reviews

TRIES = 5


def change_case(
    review_id: ReviewId,
    change: Callable[[Review], Review],
    *,
    moderator: Moderator,
    reviews: Reviews,
    now: datetime,
    action: AuditAction | None,
    details: dict[str, str] | None = None,
    counts: DeskCounts | None = None,
) -> Review:
    """Read, change and store the case with its audit event, if there is an `action`.

    A case that `change` leaves as it is is not stored. After a lost race the case is read again, so
    that the error says what the other request did.
    """
    for _ in range(TRIES):
        review = case_for(review_id, moderator, reviews=reviews, now=now)
        changed = change(review)
        if changed == review:
            return review
        event = about(changed, action, now, actor=moderator.id, details=details) if action else None
        try:
            reviews.save(changed, event, counts, {moderator.id: own_day(moderator, now)})
        except ConcurrentChange:
            continue
        return changed
    raise ConcurrentChange(f"too many concurrent changes of review {review_id}: try again")
