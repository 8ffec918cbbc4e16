"""A job as it is shown, in one query of its partition (decision 108)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import record
from likeness.adapters.dynamodb.queries import END, query_after
from likeness.domain.deletion.receipt import Deletion
from likeness.domain.errors import NotFound
from likeness.domain.jobs.job import Job
from likeness.domain.photos.photo import Photo
from likeness.ports.jobs import ShownJob

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class ShownJobsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_id: JobId) -> ShownJob:
        """The query is consistent: a request sees what the one before it changed. Between the
        wanted items are deliveries of webhooks and deleted objects, which DynamoDB reads too."""
        job, look, deletion = (of(job_id) for of in (keys.job, keys.look, keys.deletion))
        found = query_after(
            self._table,
            pk=job["pk"],
            after=deletion["sk"],
            last=f"{keys.PHOTOS}{END}",
            having=("job_id", "until"),
        )
        items = {item["sk"]: item for item in found}
        if job["sk"] not in items:
            raise NotFound(f"there is no job {job_id}")
        stored = items.get(deletion["sk"])
        looked = items.get(look["sk"])
        return ShownJob(
            job=record(Job, items[job["sk"]]),
            photos=[
                record(Photo, item) for sk, item in items.items() if sk.startswith(keys.PHOTOS)
            ],
            deletion=record(Deletion, stored) if stored else None,
            looked_until=datetime.fromisoformat(looked["until"]) if looked else None,
        )
