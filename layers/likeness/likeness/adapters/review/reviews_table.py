"""Cases and the review queue in the table. Task tokens are separate items."""

from __future__ import annotations

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
from likeness.adapters.dynamodb.queries import query, query_index, query_index_part
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put
from likeness.adapters.review.audit_table import append, desk_counts
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.paging import ResultPage
from likeness.domain.review.audit import AuditAction, AuditEvent, about
from likeness.domain.review.case import Review, ReviewKind, ReviewState
from likeness.domain.review.statistics import desk_day

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId, ReviewId
    from likeness.domain.review.statistics import Counts

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

    def waiting(self) -> list[Review]:
        return [record(Review, item) for item in query_index(self._table, gsi1pk=keys.WAITING)]

    def queue(self, *, limit: int, after: str | None = None) -> ResultPage[Review]:
        found = query_index_part(self._table, gsi1pk=keys.WAITING, limit=limit, after=after)
        return ResultPage(tuple(record(Review, item) for item in found.items), found.last)

    def save(
        self, review: Review, audit_event: AuditEvent | None = None, counts: Counts | None = None
    ) -> None:
        seen = at_version(review.version - 1)
        with domain_errors():
            try:
                if audit_event is None:
                    self._table.put_item(Item=_review_item(review), **seen)
                else:
                    write = put(self._table, _review_item(review), seen)
                    day = desk_day(audit_event.at)
                    counted = [desk_counts(self._table, day, counts)] if counts else []
                    append(self._table, audit_event, write, *counted)
            except (self._lost_race, ConditionsFailed) as race:
                if self.get(review.review_id) != review:  # as in put_if
                    raise ConcurrentChange(f"review {review.review_id} was changed") from race

    def task_token(self, review_id: ReviewId) -> str:
        item = find_item(self._table, keys.task_token(review_id))
        if not item:
            raise NotFound(f"no state machine waits for review {review_id}")
        return str(item["token"])


def _opened(review: Review) -> AuditEvent:
    details = {"severity": review.severity.value, "photos": str(len(review.photos))}
    return about(review, AuditAction.OPENED, review.opened_at, details=details)


def _review_item(review: Review) -> dict[str, Any]:
    """Only a waiting case has the index's keys: a decision removes it from the queue."""
    queued = keys.waiting(review) if review.state is ReviewState.WAITING else {}
    return (
        keys.review(review.review_id)
        | queued
        | keys.expiry(review.opened_at, keys.JOB_TTL)
        | fields(review)
    )
