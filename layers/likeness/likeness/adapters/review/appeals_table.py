"""Appeals in the table, beside their job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, find, put_if
from likeness.domain.review.appeal import Appeal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class AppealsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_id: JobId) -> Appeal | None:
        return find(Appeal, self._table, keys.appeal(job_id))

    def save(self, appeal: Appeal) -> None:
        item = (
            keys.appeal(appeal.job_id)
            | keys.expiry(appeal.opened_at, keys.JOB_TTL)
            | fields(appeal)
        )
        put_if(
            self._table,
            item,
            NEW if appeal.version == 1 else at_version(appeal.version - 1),
            stored=lambda: self.get(appeal.job_id) == appeal,
            conflict=f"the appeal of job {appeal.job_id} was changed",
        )
