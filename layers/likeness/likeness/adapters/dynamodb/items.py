"""Records as items of the table, and back."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, TypeVar

from likeness.adapters.dynamodb.keys import TABLE_ATTRIBUTES
from likeness.domain.record import Record

R = TypeVar("R", bound=Record)


class Condition(TypedDict):
    ConditionExpression: str
    ExpressionAttributeNames: NotRequired[dict[str, str]]
    ExpressionAttributeValues: NotRequired[dict[str, Any]]


NEW: Condition = {"ConditionExpression": "attribute_not_exists(pk)"}


def fields(record: Record) -> dict[str, Any]:
    """A record's fields as DynamoDB takes them; a field that is None is not stored.

    Floats become decimals of the same digits, so that they come back as the very same floats.
    """
    everything = json.loads(record.model_dump_json(), parse_float=Decimal)
    return {name: value for name, value in everything.items() if value is not None}


def record(kind: type[R], item: Mapping[str, Any]) -> R:
    return kind.model_validate(
        {name: value for name, value in item.items() if name not in TABLE_ATTRIBUTES}
    )


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
