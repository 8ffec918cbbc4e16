"""Known cases in the table: beside the job that they do not have, and the uses of their sets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, Condition, fields, find, find_item, record
from likeness.adapters.dynamodb.queries import query
from likeness.domain.review.known_case import KnownCase, KnownUse

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class KnownCasesTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def get(self, job_id: JobId) -> KnownCase | None:
        return find(KnownCase, self._table, keys.known_case(job_id))

    def save(self, case: KnownCase) -> None:
        expiry = keys.expiry(case.prepared_at, keys.JOB_TTL)
        with domain_errors():
            self._table.put_item(Item=keys.known_case(case.job_id) | expiry | fields(case))

    def uses(self) -> dict[str, KnownUse]:
        items = query(self._table, pk=keys.KNOWN, begins_with=keys.KNOWN_USES)
        return {use.name: use for use in (record(KnownUse, item) for item in items)}

    def save_use(self, use: KnownUse) -> None:
        with domain_errors():
            self._table.put_item(Item=keys.known_use(use.name) | fields(use))

    def next_window(self, until: datetime) -> datetime | None:
        before = find_item(self._table, keys.known_window()).get("until")
        unchanged: Condition = NEW
        if before:
            unchanged = {
                "ConditionExpression": "#until = :before",
                "ExpressionAttributeNames": {"#until": "until"},
                "ExpressionAttributeValues": {":before": before},
            }
        with domain_errors():
            try:
                item = keys.known_window() | {"until": until.isoformat()}
                self._table.put_item(Item=item, **unchanged)
            except self._lost_race:
                return None
        return datetime.fromisoformat(str(before)) if before else None
