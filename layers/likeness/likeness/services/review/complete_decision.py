"""Complete a decision when it can no longer be undone: the job continues, or the appeal closes."""

from contextlib import suppress

from likeness.domain.errors import NotFound
from likeness.domain.ids import ReviewId
from likeness.ports.review import Reviews
from likeness.services.review.decision_effect import DecisionEffect


def complete_decision(review_id: ReviewId, *, reviews: Reviews, effect: DecisionEffect) -> bool:
    """Return False if it is too early: the message has to be delivered again."""
    with suppress(NotFound):  # the user was erased
        return effect.apply(reviews.get(review_id))
    return True
