"""Rounds that the endpoint draws, in the table beside their job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, record
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.inference import Inference

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId


class InferencesTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._lost_race = table.meta.client.exceptions.ConditionalCheckFailedException

    def get(self, job_id: JobId, attempt: int) -> Inference:
        with domain_errors():
            answer = self._table.get_item(Key=keys.inference(job_id, attempt), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(f"the endpoint was never asked for round {attempt} of job {job_id}")
        return record(Inference, answer["Item"])

    def save(self, inference: Inference) -> None:
        seen = inference.version - 1
        item = (
            keys.inference(inference.job_id, inference.attempt)
            | keys.expiry(inference.asked_at, keys.JOB_TTL)
            | fields(inference)
        )
        with domain_errors():
            try:
                self._table.put_item(Item=item, **(at_version(seen) if seen else NEW))
            except self._lost_race as race:
                if self.get(inference.job_id, inference.attempt) != inference:  # sent twice
                    raise Conflict(
                        f"round {inference.attempt} of job {inference.job_id} moved meanwhile"
                    ) from race
