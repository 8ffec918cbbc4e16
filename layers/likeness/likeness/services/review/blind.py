"""Blind second opinions."""

from likeness.domain.errors import Forbidden, NotFound
from likeness.domain.review.case import Moderator, Review, ReviewKind, ReviewState, review_of
from likeness.ports.review import Reviews


def require_not_blind(review: Review, moderator: Moderator, reviews: Reviews) -> None:
    """Raises Forbidden while a second opinion is open, except for the first decider."""
    if review.kind is not ReviewKind.PHOTOS or review.decided_by in {None, moderator.id}:
        return
    try:
        second = reviews.get(review_of(review.job_id, ReviewKind.SECOND))
    except NotFound:
        return
    if second.state is ReviewState.WAITING:
        raise Forbidden("a second opinion is open: the first is hidden until it is given")
