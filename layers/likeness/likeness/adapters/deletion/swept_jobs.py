"""The jobs of a page of objects, for the daily sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import record
from likeness.adapters.dynamodb.queries import batch_get
from likeness.domain.deletion.receipt import Deletion
from likeness.domain.jobs.job import Job
from likeness.domain.review.appeal import Appeal
from likeness.domain.review.known_case import KnownCase
from likeness.ports.deletion import SweptJob

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId

ITEMS = (
    (keys.job, "job", Job),
    (keys.deletion, "deletion", Deletion),
    (keys.appeal, "appeal", Appeal),
    (keys.known_case, "known", KnownCase),
)


class SweptJobsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_ids: Collection[JobId]) -> dict[JobId, SweptJob]:
        """Four items a job, a hundred a request."""
        wanted = [key(job_id) for job_id in job_ids for key, _, _ in ITEMS]
        items = batch_get(self._table, wanted)
        found = {(item["pk"], item["sk"]): item for item in items}
        jobs = {}
        for job_id in job_ids:
            parts: dict[str, Any] = {}
            for key, name, kind in ITEMS:
                place = key(job_id)
                if item := found.get((place["pk"], place["sk"])):
                    parts[name] = record(kind, item)
            jobs[job_id] = SweptJob(**parts)
        return jobs
