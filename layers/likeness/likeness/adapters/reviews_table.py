"""The moderators' queue in the table; each task token in an item of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters import keys
from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.items import NEW, at_version, fields, record
from likeness.adapters.queries import query_index, query_index_part
from likeness.adapters.transactions import ConditionsFailed, put, write_all
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.paging import Part
from likeness.domain.review import Review, ReviewState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import ReviewId


class ReviewsTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def open(self, review: Review, task_token: str) -> None:
        token = (
            keys.task_token(review.review_id)
            | keys.expiry(review.opened_at, keys.JOBS_STAY)
            | {"token": task_token}
        )
        try:
            write_all(
                self._table,
                put(self._table, _review_item(review), NEW),
                put(self._table, token),
            )
        except ConditionsFailed:
            with domain_errors():
                self._table.put_item(Item=token)

    def get(self, review_id: ReviewId) -> Review:
        with domain_errors():
            answer = self._table.get_item(Key=keys.review(review_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(f"there is no review {review_id}")
        return record(Review, answer["Item"])

    def waiting(self) -> list[Review]:
        return [record(Review, item) for item in query_index(self._table, gsi1pk=keys.WAITING)]

    def queue(self, *, limit: int, after: str | None = None) -> Part[Review]:
        found = query_index_part(self._table, gsi1pk=keys.WAITING, limit=limit, after=after)
        return Part(tuple(record(Review, item) for item in found.items), found.last)

    def save(self, review: Review) -> None:
        with domain_errors():
            try:
                self._table.put_item(Item=_review_item(review), **at_version(review.version - 1))
            except self._lost_race as race:
                if self.get(review.review_id) != review:  # the SDK may send a write twice
                    raise Conflict(f"review {review.review_id} was decided meanwhile") from race

    def task_token(self, review_id: ReviewId) -> str:
        with domain_errors():
            answer = self._table.get_item(Key=keys.task_token(review_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(f"nothing waits for review {review_id}")
        return str(answer["Item"]["token"])


def _review_item(review: Review) -> dict[str, Any]:
    """Only a review that waits has the index's keys: deciding it takes it out of the queue."""
    queued = (
        keys.waiting(review.review_id, review.decide_by)
        if review.state is ReviewState.WAITING
        else {}
    )
    return (
        keys.review(review.review_id)
        | queued
        | keys.expiry(review.opened_at, keys.JOBS_STAY)
        | fields(review)
    )
