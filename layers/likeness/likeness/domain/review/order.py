"""The order of the review queue.

A case that expires within URGENT comes first, whatever its severity: when it expires, its user has
waited in vain. Of the others, the most severe come first. Cases of one class come by deadline. A
higher tier counts as a nearer deadline, so a lower tier waits longer but not for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from likeness.domain.paging import sortable
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.kinds import Queue
from likeness.domain.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness.domain.review.case import Review

TIER_HEAD_START = timedelta(hours=3)  # for each step of a tier's priority


class Queued(NamedTuple):
    place: str  # sorts like the queue
    review: Review


class QueueFilter(Record):
    """Which cases are wanted. An empty set accepts all."""

    queues: frozenset[Queue] = frozenset()
    severities: frozenset[Severity] = frozenset()
    reasons: frozenset[Reason] = frozenset()

    def accepts(self, review: Review) -> bool:
        return (
            (not self.queues or review.queue in self.queues)
            and (not self.severities or review.severity in self.severities)
            and (not self.reasons or not self.reasons.isdisjoint(review.reasons))
        )


def due(review: Review, *, blind: bool) -> datetime:
    """Returns when the case has to be decided, by its order. `blind`: by the deadline it shows."""
    decide_by = review.window.decide_by if blind else review.decide_by
    return decide_by - review.priority * TIER_HEAD_START


def key(review: Review, *, blind: bool) -> str:
    """Returns the place within a class."""
    return f"{sortable(due(review, blind=blind))}#{review.public_id}"


def place(review: Review, urgent_before: datetime, *, blind: bool) -> str:
    """Returns the place in the queue. Class 0 is urgent, the others follow their severity.

    `urgent_before` is URGENT from now, or from when the first page of a list was read: within one
    list it must not change.
    """
    urgent = due(review, blind=blind) < urgent_before
    return f"{0 if urgent else 1 + review.severity.rank}#{key(review, blind=blind)}"


def after(queued: Iterator[Queued], last: str | None) -> Iterator[Queued]:
    return (one for one in queued if last is None or one.place > last)
