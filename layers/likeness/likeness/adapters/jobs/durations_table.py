"""Job durations in the table, from which estimates are computed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.jobs.job import Job

UNKNOWN = "unknown"


class DurationsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, job: Job, worked_s: float) -> None:
        """The key depends on the job only, so a repeated call stores one item."""
        submitted_at = job.timeline[1].at
        key = keys.durations(job.backend or UNKNOWN, job.tier, submitted_at, job.job_id)
        with domain_errors():
            self._table.put_item(
                Item=key
                | keys.expiry(submitted_at, keys.DURATIONS_TTL)
                | {"worked_s": Decimal(str(round(worked_s, 1)))}
            )

    def recent(self, backend: str, tier: str, *, limit: int) -> list[float]:
        with domain_errors():
            page = self._table.query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": keys.durations_of(backend, tier)},
                ScanIndexForward=False,
                Limit=limit,
            )
        return [float(item["worked_s"]) for item in page["Items"]]  # type: ignore[arg-type]
