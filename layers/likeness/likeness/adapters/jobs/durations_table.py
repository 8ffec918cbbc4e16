"""How long jobs worked, in the table: what estimates are told from."""

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

    def remember(self, job: Job, worked_s: float) -> None:
        """Under a key that the job alone makes: told twice, it is stored once."""
        began = job.timeline[1].at
        key = keys.durations(job.backend or UNKNOWN, job.tier, began, job.job_id)
        with domain_errors():
            self._table.put_item(
                Item=key
                | keys.expiry(began, keys.DURATIONS_TTL)
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
