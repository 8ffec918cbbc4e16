"""The audit trail in the table: entries that are only ever added, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from likeness.adapters import keys
from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.items import NEW, Condition, fields, record
from likeness.adapters.queries import query, query_index
from likeness.adapters.transactions import ConditionsFailed, put, write_all
from likeness.domain.audit import Deed, Entry, Head
from likeness.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.desk import Counts, DeskDay
    from likeness.domain.ids import ReviewId

ATTEMPTS = 12  # moderators who act in the same moment, one after the other


class AuditTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, review_id: ReviewId) -> list[Entry]:
        items = query_index(self._table, gsi1pk=f"{keys.AUDIT}#{review_id}")
        return [record(Entry, item) for item in items]

    def entries(self) -> Iterator[Entry]:
        for item in query(self._table, pk=keys.AUDIT, begins_with="0"):
            yield record(Entry, item)

    def head(self) -> Head:
        return _head(self._table)


def append(table: Table, deed: Deed, *writes: TransactWriteItemTypeDef) -> None:
    """Add a deed to the trail in one transaction with what it did.

    ConditionsFailed where a condition of `writes` did, by its position there. Somebody else's
    deed in between moves the end of the chain: then it is tried again behind theirs.
    """
    for _ in range(ATTEMPTS):
        head = _head(table)
        entry = Entry.after(head, deed)
        item = keys.audit_entry(entry.number) | fields(entry)
        if deed.review_id:
            item |= keys.audit_of(deed.review_id, entry.number)
        end = keys.audit_head() | fields(entry.head)
        try:
            write_all(table, *writes, put(table, item, NEW), put(table, end, _still(head)))
        except ConditionsFailed as cancelled:
            if any(n < len(writes) for n in cancelled.failed):
                raise
        else:
            return
    raise Unavailable("too many moderators act at once: try again")


def desk_counts(table: Table, day: DeskDay, counts: Counts) -> TransactWriteItemTypeDef:
    """Add to the day's counters."""
    names = {f"#c{n}": name for n, name in enumerate(counts)}
    return cast(
        "TransactWriteItemTypeDef",
        {
            "Update": {
                "TableName": table.name,
                "Key": keys.desk_counts(day),
                "UpdateExpression": "ADD " + ", ".join(f"{name} :{name[1:]}" for name in names),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {
                    f":{alias[1:]}": counts[name] for alias, name in names.items()
                },
            }
        },
    )


def _head(table: Table) -> Head:
    with domain_errors():
        answer = table.get_item(Key=keys.audit_head(), ConsistentRead=True)
    return record(Head, answer["Item"]) if "Item" in answer else Head()


def _still(head: Head) -> Condition:
    if head == Head():
        return NEW
    values: dict[str, Any] = {":hash": head.hash}
    return {
        "ConditionExpression": "#hash = :hash",
        "ExpressionAttributeNames": {"#hash": "hash"},
        "ExpressionAttributeValues": values,
    }
