"""The audit log in the table: append-only chains with their heads, and the daily anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, Condition, fields, find, put_if, record
from likeness.adapters.dynamodb.queries import batch_get, query, query_after, query_index
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, update, write_all
from likeness.domain.errors import Unavailable
from likeness.domain.review.audit import (
    CHAINS,
    AuditEntry,
    AuditEvent,
    ChainHead,
    SignedAnchor,
    chain_of,
)
from likeness.domain.review.statistics import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.ids import JobId, ReviewId
    from likeness.domain.review.statistics import Counts, DeskCounts, DeskDay

ATTEMPTS = 12  # concurrent events of one chain are appended one after the other


class AuditLogTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def for_review(self, review_id: ReviewId) -> list[AuditEntry]:
        items = query_index(self._table, gsi1pk=keys.audit_of(review_id))
        return [record(AuditEntry, item) for item in items]

    def entries(self, chain: int, *, after: int = 0) -> Iterator[AuditEntry]:
        first = keys.audit_entry(ChainHead(chain=chain, number=after + 1, hash=""))
        for item in query_after(self._table, pk=first["pk"], after=first["sk"], last="9"):
            yield record(AuditEntry, item)

    def heads(self) -> list[ChainHead]:
        wanted = [keys.chain_head(chain) for chain in range(CHAINS)]
        found = [record(ChainHead, item) for item in batch_get(self._table, wanted)]
        started = {head.chain: head for head in found}
        return [started.get(chain) or ChainHead.start(chain) for chain in range(CHAINS)]

    def append(self, audit_event: AuditEvent) -> None:
        append(self._table, audit_event)

    def missing(self, heads: Iterable[ChainHead]) -> list[ChainHead]:
        wanted = [head for head in heads if head.number]
        distinct = {(head.chain, head.number): keys.audit_entry(head) for head in wanted}
        items = batch_get(self._table, list(distinct.values()))
        found = [record(AuditEntry, item).head for item in items]
        return [head for head in wanted if head not in found]

    def anchors(self, *, after: int = 0) -> Iterator[SignedAnchor]:
        first = keys.anchor(after + 1)
        for item in query_after(self._table, pk=first["pk"], after=first["sk"], last="9"):
            yield record(SignedAnchor, item)

    def last_anchor(self) -> SignedAnchor | None:
        newest = query(self._table, pk=keys.ANCHORS, latest_first=True)
        return next((record(SignedAnchor, item) for item in newest), None)

    def add_anchor(self, anchor: SignedAnchor) -> None:
        put_if(
            self._table,
            keys.anchor(anchor.number) | fields(anchor),
            NEW,
            stored=lambda: self.last_anchor() == anchor,
            conflict=f"there is an anchor {anchor.number} already",
        )


def append(table: Table, audit_event: AuditEvent, *writes: TransactWriteItemTypeDef) -> None:
    """Append an audit event to its chain, in one transaction with `writes`.

    Raises ConditionsFailed if a condition of `writes` failed, with its position there. Retries if
    a concurrent event changed the chain head.
    """
    chain = chain_of(audit_event)
    for _ in range(ATTEMPTS):
        head = find(ChainHead, table, keys.chain_head(chain)) or ChainHead.start(chain)
        entry = AuditEntry.after(head, audit_event)
        item = keys.audit_entry(entry) | keys.audit_of_case(entry) | fields(entry)
        end = keys.chain_head(chain) | fields(entry.head)
        try:
            write_all(table, *writes, put(table, item, NEW), put(table, end, _unchanged(head)))
        except ConditionsFailed as cancelled:
            if any(n < len(writes) for n in cancelled.failed):
                raise
        else:
            return
    raise Unavailable("too many concurrent audit events: try again")


def desk_counts(
    table: Table,
    day: DeskDay,
    counts: DeskCounts,
    job_id: JobId,
    days: Mapping[str, DeskDay] | None = None,
) -> list[TransactWriteItemTypeDef]:
    """Return writes that add to the day's counters: of the desk, and of each moderator.

    `days`: the day of each moderator's own counters where it is another.
    """
    own = days or {}
    return [
        _count(
            table,
            keys.desk_counts(day, job_id)
            if by == ALL
            else keys.moderator_counts(own.get(by, day), by),
            of,
        )
        for by, of in counts.items()
        if of
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


def _unchanged(head: ChainHead) -> Condition:
    if head.number == 0:
        return NEW
    return {
        "ConditionExpression": "#hash = :hash",
        "ExpressionAttributeNames": {"#hash": "hash"},
        "ExpressionAttributeValues": {":hash": head.hash},
    }
