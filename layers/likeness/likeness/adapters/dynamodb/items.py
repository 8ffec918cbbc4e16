"""Records as items of the table: convert, read and write them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.adapters.dynamodb.keys import Key

R = TypeVar("R", bound=Record)


class Condition(TypedDict):
    ConditionExpression: str
    ExpressionAttributeNames: NotRequired[dict[str, str]]
    ExpressionAttributeValues: NotRequired[dict[str, Any]]


NEW: Condition = {"ConditionExpression": "attribute_not_exists(pk)"}


def fields(record: Record) -> dict[str, Any]:
    """Return a record's fields in DynamoDB's types, without those that are None.

    Floats become decimals of the same digits, so that they are read as equal floats.
    """
    everything = json.loads(record.model_dump_json(), parse_float=Decimal)
    return {name: value for name, value in everything.items() if value is not None}


def record(kind: type[R], item: Mapping[str, Any]) -> R:
    """Read an item without the fields that only the next release knows.

    Both releases run during a gradual deployment, and the older one alone after a rollback.
    """
    return kind.model_validate(item, extra="ignore")


def find_item(table: Table, key: Key) -> dict[str, Any]:
    """Read an item with a consistent read. Empty if there is none."""
    with domain_errors():
        return table.get_item(Key=key, ConsistentRead=True).get("Item", {})


def find(kind: type[R], table: Table, key: Key) -> R | None:
    item = find_item(table, key)
    return record(kind, item) if item else None


def get(kind: type[R], table: Table, key: Key, *, absent: str) -> R:
    """Raises NotFound with the message `absent`."""
    found = find(kind, table, key)
    if found is None:
        raise NotFound(absent)
    return found


def put_if(
    table: Table,
    item: dict[str, Any],
    condition: Condition,
    *,
    stored: Callable[[], bool],
    conflict: str,
) -> None:
    """Write an item under a condition. Raises ConcurrentChange with the message `conflict`.

    The SDK may send a write again after a lost response. Then the condition fails, but `stored`
    returns True: the first write succeeded.
    """
    with domain_errors():
        try:
            table.put_item(Item=item, **condition)
        except table.meta.client.exceptions.ConditionalCheckFailedException as race:
            if not stored():
                raise ConcurrentChange(conflict) from race


def at_version(seen: int) -> Condition:
    return {
        "ConditionExpression": "#version = :seen",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":seen": seen},
    }


def unchanged(seen: Record) -> Condition:
    """The stored record equals `seen` in every field.

    A field that is None in `seen` must be absent: an item that was written before the field
    existed still matches.
    """
    stored = fields(seen)
    names = {f"#f{n}": name for n, name in enumerate(type(seen).model_fields)}
    tests = [
        f"{alias} = :{alias[1:]}" if name in stored else f"attribute_not_exists({alias})"
        for alias, name in names.items()
    ]
    return {
        "ConditionExpression": " AND ".join(tests),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            f":{alias[1:]}": stored[name] for alias, name in names.items() if name in stored
        },
    }
