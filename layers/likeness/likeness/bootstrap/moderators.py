"""The moderators' use cases with their adapters: `/v1/reviews`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.bootstrap import adapters
from likeness.services import (
    decide_review as _decide_review,
    list_reviews as _list_reviews,
    read_review as _read_review,
)

if TYPE_CHECKING:
    from likeness.api import Decide, Page, ReviewsView, ReviewView
    from likeness.domain.ids import ReviewId


def list_reviews(query: Page) -> ReviewsView:
    return _list_reviews.list_reviews(query, reviews=adapters.reviews())


def read_review(review_id: ReviewId, moderator: str) -> ReviewView:
    return _read_review.read_review(
        review_id,
        moderator=moderator,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        photos=adapters.photos(),
    )


def decide_review(review_id: ReviewId, decision: Decide, moderator: str) -> ReviewView:
    review = _decide_review.decide_review(
        review_id,
        decision,
        moderator=moderator,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        workflow=adapters.workflow(),
        clock=adapters.CLOCK,
    )
    return _list_reviews.summary(review)
