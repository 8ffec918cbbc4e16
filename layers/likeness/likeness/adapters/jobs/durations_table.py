"""Job durations in the table, as histograms from which estimates are computed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.queries import query_newest
from likeness.domain.jobs.estimate import bucket, latest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.jobs.estimate import Histogram
    from likeness.domain.jobs.job import Job

UNKNOWN = "unknown"
COUNT = "jobs#"
PAGE = 10  # slots of one query: with many jobs the newest is enough
FRESH_S = 60


class DurationsTable:
    """Keeps what it read for a minute: each poll of a running job asks."""

    def __init__(self, table: Table, seconds: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._seconds = seconds
        self._read: dict[str, tuple[float, Histogram]] = {}

    def add(self, job: Job, worked_s: float, ended_at: datetime) -> None:
        with domain_errors():
            self._table.update_item(
                Key=keys.durations(job.backend or UNKNOWN, job.tier, ended_at),
                UpdateExpression="ADD #jobs :one SET #ttl = :ttl",
                ExpressionAttributeNames={"#jobs": f"{COUNT}{bucket(worked_s)}", "#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":one": 1,
                    ":ttl": keys.expiry(ended_at, keys.DURATIONS_TTL)["ttl"],
                },
            )

    def recent(self, backend: str, tier: str) -> Histogram:
        of = keys.durations_of(backend, tier)
        read_at, found = self._read.get(of, (-FRESH_S, {}))
        if self._seconds() >= read_at + FRESH_S:
            items = query_newest(self._table, pk=of, page=PAGE)
            found = latest(_histogram(item) for item in items)
            self._read[of] = self._seconds(), found
        return found


def _histogram(item: dict[str, int]) -> Histogram:
    return {
        int(name.removeprefix(COUNT)): int(jobs)
        for name, jobs in item.items()
        if name.startswith(COUNT)
    }
