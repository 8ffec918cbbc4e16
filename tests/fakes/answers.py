"""Responses stored by Idempotency-Key, in memory: Powertools' persistence port."""

import datetime as dt
import threading
from typing import Any

from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord


class FakeAnswers(BasePersistenceLayer):
    """Behaves like DynamoDB's layer with its conditional write: see tests/integration."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, DataRecord] = {}
        self.down = False
        self._lock = threading.Lock()

    def everything(self) -> str:
        return repr([vars(record) for record in self.records.values()])

    def expire(self) -> None:
        """Let all records expire."""
        for record in self.records.values():
            record.expiry_timestamp = 1

    def die(self) -> None:
        """Let all running functions time out."""
        for record in self.records.values():
            record.in_progress_expiry_timestamp = 1

    def _get_record(self, idempotency_key: str) -> DataRecord:
        if idempotency_key not in self.records:
            raise IdempotencyItemNotFoundError
        return self.records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        self._require_up()
        with self._lock:
            there = self.records.get(data_record.idempotency_key)
            if there is None or there.is_expired or _dead(there):
                self.records[data_record.idempotency_key] = data_record
                return
        self._validate_payload(data_payload=data_record, stored_data_record=there)
        raise IdempotencyItemAlreadyExistsError(old_data_record=there)

    def _update_record(self, data_record: DataRecord) -> None:
        self._require_up()
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        self._require_up()
        self.records.pop(data_record.idempotency_key, None)

    def _require_up(self) -> None:
        if self.down:
            raise ConnectionError("no answer")


def _dead(record: Any) -> bool:
    now = dt.datetime.now(dt.UTC).timestamp() * 1000
    until = record.in_progress_expiry_timestamp
    return record.status == "INPROGRESS" and until is not None and until < now
