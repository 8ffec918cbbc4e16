"""The audit log in the table: append-only entries, and the chain head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, Condition, fields, find, record
from likeness.adapters.dynamodb.queries import query_after, query_index
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, update, write_all
from likeness.domain.errors import Unavailable
from likeness.domain.review.audit import AuditEntry, AuditEvent, ChainHead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.ids import ReviewId
    from likeness.domain.review.statistics import Counts, DeskCounts, DeskDay

ATTEMPTS = 12  # concurrent events are appended one after the other


class AuditLogTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def for_review(self, review_id: ReviewId) -> list[AuditEntry]:
        items = query_index(self._table, gsi1pk=f"{keys.AUDIT}#{review_id}")
        return [record(AuditEntry, item) for item in items]

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        first, last = keys.audit_entry(after + 1)["sk"], "9"
        for item in query_after(self._table, pk=keys.AUDIT, after=first, last=last):
            yield record(AuditEntry, item)

    def head(self) -> ChainHead:
        return _head(self._table)

    def append(self, audit_event: AuditEvent) -> None:
        append(self._table, audit_event)


def append(table: Table, audit_event: AuditEvent, *writes: TransactWriteItemTypeDef) -> None:
    """Append an audit event in one transaction with `writes`.

    Raises ConditionsFailed if a condition of `writes` failed, with its position there. Retries if
    a concurrent event changed the chain head.
    """
    for _ in range(ATTEMPTS):
        head = _head(table)
        entry = AuditEntry.after(head, audit_event)
        item = keys.audit_entry(entry.number) | fields(entry)
        if audit_event.review_id:
            item |= keys.audit_of(audit_event.review_id, entry.number)
        end = keys.audit_head() | fields(entry.head)
        try:
            write_all(table, *writes, put(table, item, NEW), put(table, end, _unchanged(head)))
        except ConditionsFailed as cancelled:
            if any(n < len(writes) for n in cancelled.failed):
                raise
        else:
            return
    raise Unavailable("too many concurrent audit events: try again")


def desk_counts(
    table: Table, day: DeskDay, counts: DeskCounts, days: Mapping[str, DeskDay] | None = None
) -> list[TransactWriteItemTypeDef]:
    """Return writes that add to the day's counters: of the desk, and of each moderator."""
    own = days or {}
    return [
        _count(table, keys.desk_counts(own.get(by, day), by), of) for by, of in counts.items() if of
    ]


def _count(table: Table, key: keys.Key, counts: Counts) -> TransactWriteItemTypeDef:
    names = {f"#c{n}": name for n, name in enumerate(counts)}
    return update(
        table,
        key,
        "ADD " + ", ".join(f"{alias} :{alias[1:]}" for alias in names),
        names=names,
        values={f":{alias[1:]}": counts[name] for alias, name in names.items()},
    )


def _head(table: Table) -> ChainHead:
    return find(ChainHead, table, keys.audit_head()) or ChainHead()


def _unchanged(head: ChainHead) -> Condition:
    if head == ChainHead():
        return NEW
    return {
        "ConditionExpression": "#hash = :hash",
        "ExpressionAttributeNames": {"#hash": "hash"},
        "ExpressionAttributeValues": {":hash": head.hash},
    }
