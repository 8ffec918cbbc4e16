"""Attempts on the generation backends, in the table beside their job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, get, put_if
from likeness.domain.generation.run import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class RunsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_id: JobId, attempt: int) -> Run:
        absent = f"no backend was asked for attempt {attempt} of job {job_id}"
        return get(Run, self._table, keys.run(job_id, attempt), absent=absent)

    def save(self, run: Run) -> None:
        seen = run.version - 1
        item = (
            keys.run(run.job_id, run.attempt)
            | keys.expiry(run.requested_at, keys.JOB_TTL)
            | fields(run)
        )
        put_if(
            self._table,
            item,
            at_version(seen) if seen else NEW,
            stored=lambda: self.get(run.job_id, run.attempt) == run,
            conflict=f"attempt {run.attempt} of job {run.job_id} was changed",
        )
