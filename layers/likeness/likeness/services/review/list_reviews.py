"""The moderators' queue: the most severe first, then the next to expire."""

from datetime import datetime

from likeness.api.app import Page
from likeness.api.review import ExposureView, LeaseView, ReviewSummary, ReviewsView
from likeness.domain.errors import Forbidden
from likeness.domain.paging import cursor, position
from likeness.domain.review.case import Moderator, Review, ReviewKind, ReviewState
from likeness.domain.review.statistics import Exposure, desk_day
from likeness.ports.review import DeskCounters, Reviews
from likeness.ports.runtime import Clock

OF = "reviews"


def list_reviews(
    query: Page,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> ReviewsView:
    """What this moderator may work. Pages are read on until one is full or the queue ends."""
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
        reviews=tuple(summary(review, moderator, now) for review in found),
        next=cursor(after, of=OF),
        exposure=exposed(desk_counters.exposure(moderator.id, desk_day(now)), budget),
        lead=moderator.lead,
    )


def summary(review: Review, moderator: Moderator, now: datetime) -> ReviewSummary:
    """A second opinion looks like a first one until it is given: it is blind."""
    blind = review.kind is ReviewKind.SECOND and review.state is ReviewState.WAITING
    held = review.held(now)
    return ReviewSummary(
        review_id=review.review_id,
        job_id=review.job_id,
        kind=ReviewKind.PHOTOS if blind else review.kind,
        state=review.state,
        severity=review.severity,
        reasons=review.reasons,
        photos=len(review.photos),
        opened_at=review.opened_at,
        decide_by=review.decide_by,
        lease=LeaseView(yours=held.by == moderator.id, until=held.until) if held else None,
    )


def exposed(exposure: Exposure, budget: int) -> ExposureView:
    return ExposureView(
        used=exposure.used, limit=exposure.limit(budget), state=exposure.state(budget)
    )


def _may_work(review: Review, moderator: Moderator, now: datetime) -> bool:
    try:
        review.may_be_worked_by(moderator)
    except Forbidden:
        return False
    return now < review.decide_by
