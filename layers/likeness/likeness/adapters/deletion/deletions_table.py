"""The state of each job's deletion, in the table beside the job."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import fields, find, record
from likeness.adapters.dynamodb.queries import query
from likeness.domain.deletion.receipt import Deletion, DeletionState, StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId
    from likeness.ports.runtime import Clock


class DeletionsTable:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def get(self, job_id: JobId) -> Deletion | None:
        return find(Deletion, self._table, keys.deletion(job_id))

    def save(self, deletion: Deletion) -> None:
        key = keys.deletion(deletion.job_id)
        with domain_errors(), suppress(self._condition_failed):
            self._table.put_item(
                Item=key | self._expiry() | fields(deletion),
                ConditionExpression="attribute_not_exists(#state) OR #state <> :held "
                "OR :state = :held",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":held": DeletionState.HELD,
                    ":state": deletion.state,
                },
            )

    def end_hold(self, job_id: JobId) -> None:
        with domain_errors(), suppress(self._condition_failed):
            self._table.delete_item(
                Key=keys.deletion(job_id),
                ConditionExpression="#state = :held",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":held": DeletionState.HELD},
            )

    def add_objects(self, job_id: JobId, objects: Iterable[StoredObject]) -> None:
        with domain_errors(), self._table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
            for one in objects:
                key = keys.stored_object(job_id, one.name, one.etag)
                batch.put_item(Item=key | self._expiry() | fields(one))

    def objects(self, job_id: JobId) -> list[StoredObject]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.OBJECTS)
        return [record(StoredObject, item) for item in items]

    def _expiry(self) -> dict[str, int]:
        return keys.expiry(self._clock.now(), keys.JOB_TTL)
