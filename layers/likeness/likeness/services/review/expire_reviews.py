"""Close what no other mechanism closed: late appeals, second opinions, known cases, and lost
decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.review import statistics
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.kinds import ReviewKind, ReviewState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from likeness.domain.review.case import Review
    from likeness.domain.review.statistics import DeskCounts
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock, Metrics
    from likeness.services.review.appeal_closing import AppealClosing
    from likeness.services.review.decision_effect import DecisionEffect

LOST_AFTER = timedelta(minutes=1)  # the queue delivers a pending decision within seconds


def expire_reviews(
    *,
    reviews: Reviews,
    appeals: AppealClosing,
    effect: DecisionEffect,
    metrics: Metrics,
    clock: Clock,
) -> int:
    """Return how many were closed. An appeal's files are deleted, and it may be opened again.

    A first review is not expired here: its job's state machine times out and ends the job. A
    pending decision counts, although its deadline passed: it was made in time. The list of cases
    that are due may be behind, so each case is read before it is closed.
    """
    now = clock.now()
    closed = 0
    due = list(reviews.due(now))
    _measure((*due, *reviews.nearest()), now, metrics)
    for listed in due:
        if not listed.pending and (listed.kind is ReviewKind.PHOTOS or now < listed.decide_by):
            continue
        try:
            review = reviews.get(listed.review_id)
        except NotFound:
            continue  # its user was erased
        if review.pending:
            if review.counts_at and now >= review.counts_at + LOST_AFTER:
                closed += effect.apply(review)
            continue
        if review.kind is ReviewKind.PHOTOS or review.state is not ReviewState.WAITING:
            continue
        if now < review.decide_by:
            continue
        expired = review.expire(now)
        if review.kind is ReviewKind.APPEAL:
            appeals.close(expired, now)
        try:
            reviews.save(expired, about(review, AuditAction.EXPIRED, now), _counts(expired))
        except Conflict:
            continue  # closed by a concurrent request
        metrics.count("ReviewsMissed", int(expired.kind is not ReviewKind.KNOWN))
        closed += 1
    return closed


def _measure(waiting: Iterable[Review], now: datetime, metrics: Metrics) -> None:
    """Measure how much of its time the oldest case has used. No user waits for a known case."""
    users = (one for one in waiting if one.kind is not ReviewKind.KNOWN and not one.pending)
    used = (one.time_used(now) for one in users)
    metrics.measure("ReviewTimeUsed", 100 * max(used, default=0), "Percent")


def _counts(review: Review) -> DeskCounts:
    if review.kind is ReviewKind.APPEAL:
        return {statistics.ALL: {statistics.APPEALS_EXPIRED: 1}}
    if review.kind is ReviewKind.KNOWN:
        return {statistics.KNOWN: {statistics.EXPIRED: 1}}
    return {}
