"""The moderators' queue: what is waiting, the next to expire first."""

from likeness.api import Page, ReviewsView, ReviewView
from likeness.domain.paging import cursor, position
from likeness.domain.review import Review
from likeness.ports import Reviews

OF = "reviews"


def list_reviews(query: Page, *, reviews: Reviews) -> ReviewsView:
    page = reviews.queue(limit=query.limit, after=position(query.cursor, of=OF))
    return ReviewsView(
        reviews=tuple(summary(review) for review in page.items), next=cursor(page.last, of=OF)
    )


def summary(review: Review) -> ReviewView:
    return ReviewView(
        review_id=review.review_id,
        job_id=review.job_id,
        state=review.state,
        opened_at=review.opened_at,
        decide_by=review.decide_by,
    )
