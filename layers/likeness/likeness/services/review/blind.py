"""Blind second opinions: the same case again, for every moderator but the one who decided first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.domain.errors import CaseTaken, NotFound
from likeness.domain.review.case import Moderator, Review, review_of
from likeness.domain.review.kinds import ReviewKind, ReviewState

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import ReviewId
    from likeness.ports.review import Reviews

# Of a second opinion. A held one may return to the queue; of a closed one only leads see the case.
OPEN = frozenset({ReviewState.WAITING, ReviewState.HELD, ReviewState.CLOSED})


def case_for(
    review_id: ReviewId, moderator: Moderator, *, reviews: Reviews, now: datetime
) -> Review:
    """Return the case as this moderator works it.

    Until the second opinion is closed, other moderators than the first get it under the id of the
    first review, with its times: they cannot see that a decision exists. Raises Forbidden if the
    moderator may not work the case, and CaseTaken while the second opinion is being opened.
    """
    review = reviews.get(review_id)
    if review.kind is ReviewKind.SECOND:
        raise NotFound(f"there is no review {review_id}")
    review.require_allowed(moderator)
    closed = review.state in {ReviewState.APPROVED, ReviewState.REFUSED}
    if not closed or not review.second or review.decided_by == moderator.id:
        return review
    second: Review | None = None
    with suppress(NotFound):
        second = reviews.get(review_of(review.job_id, ReviewKind.SECOND))
    if second is None and now < review.decide_by:
        raise CaseTaken(f"another moderator has review {review_id}")
    if second is None or (second.state not in OPEN and second.decided_by != moderator.id):
        return review
    second.require_allowed(moderator)
    return second
