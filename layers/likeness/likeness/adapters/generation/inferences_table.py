"""Attempts on the endpoint, in the table beside their job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, get, put_if
from likeness.domain.generation.inference import Inference

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class InferencesTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_id: JobId, attempt: int) -> Inference:
        absent = f"the endpoint was not invoked for attempt {attempt} of job {job_id}"
        return get(Inference, self._table, keys.inference(job_id, attempt), absent=absent)

    def save(self, inference: Inference) -> None:
        seen = inference.version - 1
        item = (
            keys.inference(inference.job_id, inference.attempt)
            | keys.expiry(inference.requested_at, keys.JOB_TTL)
            | fields(inference)
        )
        put_if(
            self._table,
            item,
            at_version(seen) if seen else NEW,
            stored=lambda: self.get(inference.job_id, inference.attempt) == inference,
            conflict=f"attempt {inference.attempt} of job {inference.job_id} was changed",
        )
