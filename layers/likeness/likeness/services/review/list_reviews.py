"""The review queue: most severe first, then by deadline."""

from datetime import datetime

from likeness.api.app import PageQuery
from likeness.api.review import ReviewsView
from likeness.domain.errors import Forbidden
from likeness.domain.paging import cursor, position
from likeness.domain.review.case import Moderator, Review
from likeness.domain.review.statistics import desk_day
from likeness.ports.review import DeskCounters, Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import exposure_view, review_summary

OF = "reviews"


def list_reviews(
    query: PageQuery,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> ReviewsView:
    """Return the cases that this moderator may work on. Reads pages until one is full."""
    now = clock.now()
    found: list[Review] = []
    after = position(query.cursor, of=OF)
    while True:
        page = reviews.queue(limit=query.limit - len(found), after=after)
        found += [review for review in page.items if _may_work(review, moderator, now)]
        after = page.last
        if after is None or len(found) >= query.limit:
            break
    return ReviewsView(
        reviews=tuple(review_summary(review, moderator, now) for review in found),
        next=cursor(after, of=OF),
        exposure=exposure_view(desk_counters.exposure(moderator.id, desk_day(now)), budget),
        lead=moderator.lead,
    )


def _may_work(review: Review, moderator: Moderator, now: datetime) -> bool:
    try:
        review.require_allowed(moderator)
    except Forbidden:
        return False
    return now < review.decide_by
