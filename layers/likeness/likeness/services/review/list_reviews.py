"""The review queue of one moderator."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from likeness.api.review import QueueQuery, ReviewsView
from likeness.domain.errors import Invalid
from likeness.domain.paging import ResultPage, cursor, position, sortable
from likeness.domain.review.case import URGENT, Moderator
from likeness.domain.review.order import Queued, QueueFilter
from likeness.presenters.review import review_summary
from likeness.services.review.exposures import own_exposure

if TYPE_CHECKING:
    from likeness.ports.review import DeskCounters, Reviews
    from likeness.ports.runtime import Clock

OF = "reviews"


def list_reviews(
    query: QueueQuery,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> ReviewsView:
    """Return the cases that this moderator may work on, in the order of domain/review/order.py.

    The cursor carries the moment that divides urgent cases from others, so that a case which
    becomes urgent between two pages is neither skipped nor listed twice.
    """
    now = clock.now()
    urgent_before, after = _position(query.cursor) or (now + URGENT, None)
    wanted = QueueFilter(
        queues=frozenset({query.queue} - {None}),
        severities=frozenset({query.severity} - {None}),
        reasons=frozenset({query.reason} - {None}),
    )
    mine = (
        queued
        for queued in reviews.queue(urgent_before, after=after)
        if queued.review.workable(moderator, now) and wanted.accepts(queued.review)
    )
    page = ResultPage[Queued].of(
        mine,
        limit=query.limit,
        position=lambda queued: f"{sortable(urgent_before)}|{queued.place}",
    )
    return ReviewsView(
        reviews=tuple(review_summary(queued.review, moderator, now) for queued in page.items),
        next=cursor(page.last, of=OF),
        exposure=own_exposure(moderator, desk_counters, now, budget),
        lead=moderator.lead,
    )


def _position(text: str | None) -> tuple[datetime, str] | None:
    found = position(text, of=OF)
    if found is None:
        return None
    moment, _, place = found.partition("|")
    try:
        return datetime.fromisoformat(moment), place
    except ValueError as error:
        raise Invalid("cursor: send `next` of the previous page unchanged") from error
