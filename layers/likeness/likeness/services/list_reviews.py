"""The moderators' queue: what is waiting, the next to expire first."""

from likeness.api import ReviewsView, ReviewView
from likeness.domain.review import Review
from likeness.ports import Reviews


def list_reviews(*, reviews: Reviews) -> ReviewsView:
    return ReviewsView(reviews=tuple(summary(review) for review in reviews.waiting()))


def summary(review: Review) -> ReviewView:
    return ReviewView(
        review_id=review.review_id,
        job_id=review.job_id,
        state=review.state,
        opened_at=review.opened_at,
        decide_by=review.decide_by,
    )
