"""Answers kept under Idempotency-Keys, in memory: Powertools' own port for it."""

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
    """Does what DynamoDB's does with its conditional write: see tests/integration."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, DataRecord] = {}
        self.down = False
        self._lock = threading.Lock()

    def everything(self) -> str:
        return repr([vars(record) for record in self.records.values()])

    def expire(self) -> None:
        """A day passes."""
        for record in self.records.values():
            record.expiry_timestamp = 1

    def die(self) -> None:
        """The functions that are at work run out of time."""
        for record in self.records.values():
            record.in_progress_expiry_timestamp = 1

    def _get_record(self, idempotency_key: str) -> DataRecord:
        if idempotency_key not in self.records:
            raise IdempotencyItemNotFoundError
        return self.records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        self._answer()
        with self._lock:
            there = self.records.get(data_record.idempotency_key)
            if there is None or there.is_expired or _dead(there):
                self.records[data_record.idempotency_key] = data_record
                return
        self._validate_payload(data_payload=data_record, stored_data_record=there)
        raise IdempotencyItemAlreadyExistsError(old_data_record=there)

    def _update_record(self, data_record: DataRecord) -> None:
        self._answer()
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        self._answer()
        self.records.pop(data_record.idempotency_key, None)

    def _answer(self) -> None:
        if self.down:
            raise ConnectionError("no answer")


def _dead(record: Any) -> bool:
    now = dt.datetime.now(dt.UTC).timestamp() * 1000
    until = record.in_progress_expiry_timestamp
    return record.status == "INPROGRESS" and until is not None and until < now
