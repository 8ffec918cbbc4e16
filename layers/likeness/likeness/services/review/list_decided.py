"""Decided cases of one day, for leads: who decided what, how long it took, who disagreed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from likeness.api.review import DecidedQuery, DecidedReviewsView
from likeness.domain.errors import Forbidden, NotFound
from likeness.domain.paging import ResultPage, cursor, position
from likeness.domain.review.case import Moderator, Review, review_of
from likeness.domain.review.kinds import ReviewKind
from likeness.domain.review.order import Queued
from likeness.domain.review.statistics import DeskDay
from likeness.presenters.review import decided_view
from likeness.services.review.blind import OPEN

if TYPE_CHECKING:
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def list_decided(
    query: DecidedQuery, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> DecidedReviewsView:
    """The cursor belongs to its day. Records expire with their jobs, after 90 days.

    A lead does not see who decided about their own photos, nor a decision on which they may still
    give a second opinion: that is blind.
    """
    if not moderator.lead:
        raise Forbidden("only leads see who decided a case")
    now = clock.now()
    day = query.day or now.astimezone(UTC).date()
    of = f"decided {day}"
    found = reviews.closed(DeskDay(day.isoformat()), after=position(query.cursor, of=of))
    page = ResultPage[Queued].of(
        (
            one
            for one in found
            if _accepts(one.review, query) and _may_see(one.review, moderator, reviews, now)
        ),
        limit=query.limit,
        position=lambda one: one.place,
    )
    return DecidedReviewsView(
        day=day,
        reviews=tuple(decided_view(one.review) for one in page.items),
        next=cursor(page.last, of=of),
    )


def _may_see(review: Review, moderator: Moderator, reviews: Reviews, now: datetime) -> bool:
    if moderator.is_user(review.owner):
        return False
    if not review.second or review.decided_by == moderator.id:
        return True
    with suppress(NotFound):
        return reviews.get(review_of(review.job_id, ReviewKind.SECOND)).state not in OPEN
    return now >= review.decide_by  # else it is about to be opened


def _accepts(review: Review, query: DecidedQuery) -> bool:
    given = {photo.reason for photo in review.refused}
    return (
        query.moderator in {None, review.decided_by}
        and query.state in {None, review.state.value}
        and query.kind in {None, review.kind}
        and (query.reason is None or query.reason in {*review.reasons, *given})
        and query.second in {None, review.agreement}
    )
