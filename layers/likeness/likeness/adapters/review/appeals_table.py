"""Appeals in the table, one beside its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, record
from likeness.domain.errors import Conflict
from likeness.domain.review.appeal import Appeal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class AppealsTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def get(self, job_id: JobId) -> Appeal | None:
        with domain_errors():
            answer = self._table.get_item(Key=keys.appeal(job_id), ConsistentRead=True)
        return record(Appeal, answer["Item"]) if "Item" in answer else None

    def save(self, appeal: Appeal) -> None:
        item = (
            keys.appeal(appeal.job_id)
            | keys.expiry(appeal.opened_at, keys.JOB_TTL)
            | fields(appeal)
        )
        condition = NEW if appeal.version == 1 else at_version(appeal.version - 1)
        with domain_errors():
            try:
                self._table.put_item(Item=item, **condition)
            except self._lost_race as race:
                if self.get(appeal.job_id) != appeal:  # the SDK may send a write twice
                    raise Conflict(f"the appeal of job {appeal.job_id} moved on") from race
