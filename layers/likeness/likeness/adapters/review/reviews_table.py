"""Cases and the review queue in the table. Task tokens are separate items."""

from __future__ import annotations

from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import (
    NEW,
    Condition,
    at_version,
    fields,
    find_item,
    get,
    record,
)
from likeness.adapters.dynamodb.keys import Group
from likeness.adapters.dynamodb.queries import (
    END,
    FIRST,
    query,
    query_index,
    query_index_range,
)
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, write_all
from likeness.adapters.jobs.jobs_table import job_item
from likeness.adapters.review.audit_table import append, desk_counts
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.paging import sortable
from likeness.domain.review import order
from likeness.domain.review.audit import AuditAction, AuditEvent, about
from likeness.domain.review.case import URGENT, Review
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.order import Queued
from likeness.domain.review.statistics import desk_day
from likeness.domain.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId, ReviewId
    from likeness.domain.jobs.job import Job
    from likeness.domain.review.case import Moderator
    from likeness.domain.review.statistics import DeskCounts, DeskDay

PAGE = 25  # items of the queue that one query reads

CLOSED: Condition = {
    "ConditionExpression": "attribute_not_exists(pk) OR #state = :expired",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":expired": ReviewState.EXPIRED.value},
}


class ReviewsTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def open(self, review: Review, task_token: str | None, *, job: Job | None = None) -> None:
        again = CLOSED if review.kind is ReviewKind.APPEAL else NEW
        case = put(self._table, review_item(review), again)
        others = []
        if task_token is not None:
            token: dict[str, Any] = (
                keys.task_token(review.review_id)
                | keys.expiry(review.opened_at, keys.JOB_TTL)
                | {"token": task_token}
            )
            others.append(put(self._table, token))
        if job:
            others.append(put(self._table, job_item(job), at_version(job.version - 1)))
        try:
            try:
                append(self._table, _opened(review), case, *others)
            except ConditionsFailed as cancelled:
                if 0 not in cancelled.failed:
                    raise
                if others:  # the case is open already
                    write_all(self._table, *others)
        except ConditionsFailed as race:
            raise ConcurrentChange(f"job {review.job_id} was changed") from race

    def get(self, review_id: ReviewId) -> Review:
        key = keys.review(review_id)
        return get(Review, self._table, key, absent=f"there is no review {review_id}")

    def for_job(self, job_id: JobId) -> list[Review]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.REVIEWS)
        return [record(Review, item) for item in items]

    def queue(
        self, urgent_before: datetime, *, after: str | None = None, blind: bool = True
    ) -> Iterator[Queued]:
        """Taken cases are as many as moderators at work, and second opinions are few: they are read
        at once. By their own deadlines second opinions are in order in the index.
        """
        at_once = [item for pk in keys.all_taken() for item in query_index(self._table, gsi1pk=pk)]
        groups = [Group.PHOTOS, Group.LEADS]
        if blind:
            at_once += self._range(_waiting(Group.SECONDS))
        else:
            groups.append(Group.SECONDS)
        in_order = self._in_order(groups, sortable(urgent_before), after)
        return order.after(_merged(at_once, in_order, urgent_before, blind=blind), after)

    def next_for(self, moderator: Moderator, now: datetime) -> Iterator[Queued]:
        """Of the taken cases only those whose lease has ended, and the moderator's own."""
        ended, own = f"{sortable(now)}{END}", keys.taken_by(moderator.id)
        at_once = [
            *self._range(keys.all_taken(), high=ended),
            *(item for item in self._range([own], low=ended) if _leased_by(item) == moderator.id),
        ]
        groups = [Group.PHOTOS, Group.SECONDS, *([Group.LEADS] if moderator.lead else [])]
        urgent_before = now + URGENT
        in_order = self._in_order(groups, sortable(urgent_before), None)
        return _merged(at_once, in_order, urgent_before, blind=False)

    def due(self, now: datetime) -> Iterator[Review]:
        waiting = [keys.all_taken(), *(_waiting(group) for group in Group)]
        found = self._range(chain.from_iterable(waiting), high=f"{sortable(now)}{END}")
        return (record(Review, item) for item in found)

    def nearest(self) -> list[Review]:
        partitions = chain.from_iterable(_waiting(group) for group in Group)
        first = (next(self._range([pk], page=1), None) for pk in partitions)
        return [record(Review, item) for item in first if item]

    def closed(self, day: DeskDay, *, after: str | None = None) -> Iterator[Queued]:
        found = query_index_range(
            self._table,
            gsi1pk=keys.closed_on(day),
            low=FIRST,
            high=after or END,
            page=PAGE,
            newest_first=True,
        )
        for item in found:
            if item["gsi1sk"] != after:
                yield Queued(str(item["gsi1sk"]), record(Review, item))

    def _in_order(
        self, groups: Iterable[Group], cut: str, after: str | None
    ) -> Iterator[dict[str, Any]]:
        """The cases that no moderator has: first what is urgent, then by severity."""
        reached, _, low = (after or "").partition("#")
        rank = int(reached or 0)
        severities = []
        for severity in Severity:
            if rank <= 1 + severity.rank:
                begin = low if rank in {0, 1 + severity.rank} else cut
                shards = (
                    self._range([pk], low=begin or FIRST)
                    for group in groups
                    for pk in keys.waiting_of(group, severity)
                )
                severities.append(_InTwoParts(merge(*shards, key=_sort_key)))
        yield from merge(*(one.before(cut) for one in severities), key=_sort_key)
        for one in severities:
            yield from one.rest()

    def _range(
        self, partitions: Iterable[str], *, low: str = FIRST, high: str = END, page: int = PAGE
    ) -> Iterator[dict[str, Any]]:
        for pk in partitions:
            yield from query_index_range(self._table, gsi1pk=pk, low=low, high=high, page=page)

    def save(
        self,
        review: Review,
        audit_event: AuditEvent | None = None,
        counts: DeskCounts | None = None,
        days: Mapping[str, DeskDay] | None = None,
    ) -> None:
        seen = at_version(review.version - 1)
        with domain_errors():
            try:
                if audit_event is None:
                    self._table.put_item(Item=review_item(review), **seen)
                else:
                    write = put(self._table, review_item(review), seen)
                    day = desk_day(audit_event.at)
                    counted = desk_counts(self._table, day, counts or {}, review.job_id, days)
                    append(self._table, audit_event, write, *counted)
            except (self._lost_race, ConditionsFailed) as race:
                if self.get(review.review_id) != review:  # as in put_if
                    raise ConcurrentChange(f"review {review.review_id} was changed") from race

    def task_token(self, review_id: ReviewId) -> str:
        item = find_item(self._table, keys.task_token(review_id))
        if not item:
            raise NotFound(f"no state machine waits for review {review_id}")
        return str(item["token"])


class _InTwoParts:
    """Items by their sort key: first those before a key, then the rest."""

    def __init__(self, items: Iterator[dict[str, Any]]) -> None:
        self._items = items

    def before(self, cut: str) -> Iterator[dict[str, Any]]:
        for item in self._items:
            if _sort_key(item) >= cut:
                self._items = chain([item], self._items)
                return
            yield item

    def rest(self) -> Iterator[dict[str, Any]]:
        return self._items


def _merged(
    at_once: Iterable[dict[str, Any]],
    in_order: Iterable[dict[str, Any]],
    urgent_before: datetime,
    *,
    blind: bool,
) -> Iterator[Queued]:
    """One that was released between two queries is in both."""
    placed = sorted(_queued(at_once, urgent_before, blind=blind), key=_place)
    known = {queued.review.review_id for queued in placed}
    others = (
        queued
        for queued in _queued(in_order, urgent_before, blind=blind)
        if queued.review.review_id not in known
    )
    return merge(placed, others, key=_place)


def _queued(
    items: Iterable[dict[str, Any]], urgent_before: datetime, *, blind: bool
) -> Iterator[Queued]:
    for item in items:
        review = record(Review, item)
        yield Queued(order.place(review, urgent_before, blind=blind), review)


def _waiting(group: Group) -> list[str]:
    return [pk for severity in Severity for pk in keys.waiting_of(group, severity)]


def _place(queued: Queued) -> str:
    return queued.place


def _leased_by(item: dict[str, Any]) -> str | None:
    lease = record(Review, item).lease
    return lease.by if lease else None


def _sort_key(item: dict[str, Any]) -> str:
    return str(item["gsi1sk"])


def _opened(review: Review) -> AuditEvent:
    details = {"severity": review.severity.value, "photos": str(len(review.photos))}
    return about(review, AuditAction.OPENED, review.opened_at, details=details)


def review_item(review: Review) -> dict[str, Any]:
    """The index has a case that waits in its queue, and a decided one under its day."""
    indexed: keys.Key = {}
    if review.state is ReviewState.WAITING:
        indexed = keys.waiting(review)
    elif review.state in {ReviewState.APPROVED, ReviewState.REFUSED} and review.decided_at:
        indexed = keys.closed(review, review.decided_at)
    return (
        keys.review(review.review_id)
        | indexed
        | keys.expiry(review.opened_at, keys.JOB_TTL)
        | fields(review)
    )
