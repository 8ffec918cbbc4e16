"""The moderators' queue in the table; each task token in an item of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, Condition, at_version, fields, record
from likeness.adapters.dynamodb.queries import query, query_index, query_index_part
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put
from likeness.adapters.review.audit_table import append, desk_counts
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.paging import Part
from likeness.domain.review.audit import AuditAction, AuditEvent
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
        with domain_errors():
            answer = self._table.get_item(Key=keys.review(review_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(f"there is no review {review_id}")
        return record(Review, answer["Item"])

    def of(self, job_id: JobId) -> list[Review]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.REVIEWS)
        return [record(Review, item) for item in items]

    def waiting(self) -> list[Review]:
        return [record(Review, item) for item in query_index(self._table, gsi1pk=keys.WAITING)]

    def queue(self, *, limit: int, after: str | None = None) -> Part[Review]:
        found = query_index_part(self._table, gsi1pk=keys.WAITING, limit=limit, after=after)
        return Part(tuple(record(Review, item) for item in found.items), found.last)

    def save(
        self, review: Review, audit_event: AuditEvent | None = None, counts: Counts | None = None
    ) -> None:
        """Store the next version, the audit event and its counts in one transaction."""
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
                if self.get(review.review_id) != review:  # the SDK may send a write twice
                    raise Conflict(f"review {review.review_id} moved on meanwhile") from race

    def task_token(self, review_id: ReviewId) -> str:
        with domain_errors():
            answer = self._table.get_item(Key=keys.task_token(review_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(f"nothing waits for review {review_id}")
        return str(answer["Item"]["token"])


def _opened(review: Review) -> AuditEvent:
    return AuditEvent(
        at=review.opened_at,
        action=AuditAction.OPENED,
        review_id=review.review_id,
        job_id=review.job_id,
        details={"severity": review.severity.value, "photos": str(len(review.photos))},
    )


def _review_item(review: Review) -> dict[str, Any]:
    """Only a review that waits has the index's keys: deciding it takes it out of the queue."""
    queued = keys.waiting(review) if review.state is ReviewState.WAITING else {}
    return (
        keys.review(review.review_id)
        | queued
        | keys.expiry(review.opened_at, keys.JOB_TTL)
        | fields(review)
    )
