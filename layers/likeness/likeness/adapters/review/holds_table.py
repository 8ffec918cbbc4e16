"""Holds in the table, in partitions of their own: they outlive their job and their user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, find, record
from likeness.adapters.dynamodb.queries import query, query_index_part
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, write_all
from likeness.adapters.review.audit_table import append
from likeness.domain.errors import ConcurrentChange
from likeness.domain.paging import ResultPage
from likeness.domain.review.hold import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId, UserHash
    from likeness.domain.review.audit import AuditEvent
    from likeness.ports.runtime import Clock


class HoldsTable:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def get(self, job_id: JobId) -> Hold | None:
        return find(Hold, self._table, keys.hold(job_id))

    def save(self, hold: Hold, audit_event: AuditEvent | None = None) -> None:
        condition = NEW if hold.version == 1 else at_version(hold.version - 1)
        block = keys.block(hold.user_hash, hold.job_id) | {"blocked": hold.blocked}
        writes = [
            put(self._table, self._item(hold), condition),
            put(self._table, block | self._expiry(hold)),
        ]
        try:
            if audit_event:
                append(self._table, audit_event, *writes)
            else:
                write_all(self._table, *writes)
        except ConditionsFailed as race:
            if self.get(hold.job_id) != hold:  # as in put_if
                raise ConcurrentChange(f"the hold of job {hold.job_id} was changed") from race

    def list(self, *, limit: int, after: str | None = None) -> ResultPage[Hold]:
        found = query_index_part(self._table, gsi1pk=keys.HOLDS, limit=limit, after=after)
        return ResultPage(tuple(record(Hold, item) for item in found.items), found.last)

    def block(self, user_hash: UserHash) -> bool:
        items = query(self._table, pk=keys.blocks(user_hash))
        return any(item["blocked"] for item in items)

    def _item(self, hold: Hold) -> dict[str, Any]:
        return keys.hold(hold.job_id) | keys.holds(hold) | self._expiry(hold) | fields(hold)

    def _expiry(self, hold: Hold) -> dict[str, int]:
        """A returned hold is deleted with the job's records; an active one only by operators."""
        return {} if hold.active else keys.expiry(self._clock.now(), keys.JOB_TTL)
