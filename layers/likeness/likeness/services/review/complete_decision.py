"""Complete a decision when it can no longer be undone: the job continues, or the appeal closes.

The same queue opens known cases: at a moment that fits no schedule.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound
from likeness.domain.review.case import job_of

if TYPE_CHECKING:
    from likeness.domain.ids import ReviewId
    from likeness.ports.known_cases import KnownCases
    from likeness.ports.review import Reviews
    from likeness.services.review.decision_effect import DecisionEffect


def complete_decision(
    review_id: ReviewId, *, reviews: Reviews, known_cases: KnownCases, effect: DecisionEffect
) -> bool:
    """Return False if it is too early: the message has to be delivered again."""
    with suppress(NotFound):  # a known case that is not open yet; or the user was erased
        return effect.apply(reviews.get(review_id))
    known = known_cases.get(job_of(review_id))
    if known and not known.over:
        reviews.open(known.opened(effect.clock.now()), None)
    return True
