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
from likeness.adapters.dynamodb.queries import query, query_index, query_index_range
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put
from likeness.adapters.review.audit_table import append, desk_counts
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.moderation import Severity
from likeness.domain.paging import sortable
from likeness.domain.review import order
from likeness.domain.review.audit import AuditAction, AuditEvent, about
from likeness.domain.review.case import Review, ReviewKind, ReviewState
from likeness.domain.review.order import Queued
from likeness.domain.review.statistics import desk_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId, ReviewId
    from likeness.domain.review.statistics import DeskCounts, DeskDay

PAGE = 25  # items of the queue that one query reads
END = "~"  # after every sort key

CLOSED: Condition = {
    "ConditionExpression": "attribute_not_exists(pk) OR #state = :expired",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":expired": ReviewState.EXPIRED.value},
}


class ReviewsTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def open(self, review: Review, task_token: str | None) -> None:
        again = CLOSED if review.kind is ReviewKind.APPEAL else NEW
        writes = [put(self._table, _review_item(review), again)]
        token: dict[str, Any] = {}
        if task_token is not None:
            token = (
                keys.task_token(review.review_id)
                | keys.expiry(review.opened_at, keys.JOB_TTL)
                | {"token": task_token}
            )
            writes.append(put(self._table, token))
        try:
            append(self._table, _opened(review), *writes)
        except ConditionsFailed:
            if token:
                with domain_errors():
                    self._table.put_item(Item=token)

    def get(self, review_id: ReviewId) -> Review:
        key = keys.review(review_id)
        return get(Review, self._table, key, absent=f"there is no review {review_id}")

    def for_job(self, job_id: JobId) -> list[Review]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.REVIEWS)
        return [record(Review, item) for item in items]

    def waiting(self) -> Iterator[Review]:
        of = [keys.waiting_seconds(), *map(keys.waiting_of, Severity)]
        found = chain.from_iterable(query_index(self._table, gsi1pk=one) for one in of)
        return (record(Review, item) for item in found)

    def queue(
        self, urgent_before: datetime, *, after: str | None = None, blind: bool = True
    ) -> Iterator[Queued]:
        """Second opinions are few: they are read at once and merged with the other classes."""
        seconds = query_index(self._table, gsi1pk=keys.waiting_seconds())
        placed = sorted(_queued(seconds, urgent_before, blind=blind), key=_place)
        others = self._others(sortable(urgent_before), after)
        merged = merge(placed, _queued(others, urgent_before, blind=blind), key=_place)
        return order.after(merged, after)

    def closed(self, day: DeskDay, *, after: str | None = None) -> Iterator[Queued]:
        found = query_index_range(
            self._table,
            gsi1pk=keys.closed_on(day),
            low=" ",
            high=after or END,
            page=PAGE,
            newest_first=True,
        )
        for item in found:
            if item["gsi1sk"] != after:
                yield Queued(str(item["gsi1sk"]), record(Review, item))

    def _others(self, cut: str, after: str | None) -> Iterator[dict[str, Any]]:
        """All classes without the second opinions: first what is urgent, then by severity."""
        reached, _, low = (after or "").partition("#")
        if reached in {"", "0"}:
            urgent = [self._class(severity, low, cut) for severity in Severity]
            yield from merge(*urgent, key=_sort_key)
        for severity in Severity:
            if int(reached or 0) <= 1 + severity.rank:
                begun = reached == str(1 + severity.rank)
                yield from self._class(severity, low if begun else cut, END)

    def _class(self, severity: Severity, low: str, high: str) -> Iterator[dict[str, Any]]:
        of = keys.waiting_of(severity)
        return query_index_range(self._table, gsi1pk=of, low=low or " ", high=high, page=PAGE)

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
                    self._table.put_item(Item=_review_item(review), **seen)
                else:
                    write = put(self._table, _review_item(review), seen)
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


def _queued(
    items: Iterable[dict[str, Any]], urgent_before: datetime, *, blind: bool
) -> Iterator[Queued]:
    for item in items:
        review = record(Review, item)
        yield Queued(order.place(review, urgent_before, blind=blind), review)


def _place(queued: Queued) -> str:
    return queued.place


def _sort_key(item: dict[str, Any]) -> str:
    return str(item["gsi1sk"])


def _opened(review: Review) -> AuditEvent:
    details = {"severity": review.severity.value, "photos": str(len(review.photos))}
    return about(review, AuditAction.OPENED, review.opened_at, details=details)


def _review_item(review: Review) -> dict[str, Any]:
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
