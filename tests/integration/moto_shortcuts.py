"""moto without work that changes no result: it was three quarters of the time of a query.

moto/core/serialize.py looks up to fourteen names for each member of each structure, and nine of ten
members of an attribute value are missing. moto/dynamodb/models/table.py sorts all items of a table
for each query, by keys that it converts at each comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    import pytest

_member = ResponseSerializer._serialize_structure_member  # noqa: SLF001
_all_items = Table.all_items


def take(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ResponseSerializer, "_serialize_structure_member", _present_member)
    patch.setattr(Table, "all_items", _sorted_items)


def leave(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ResponseSerializer, "_serialize_structure_member", _member)
    patch.setattr(Table, "all_items", _all_items)


def _present_member(
    serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    """A mapping with only the model's own names has no other name for a member that it lacks."""
    if type(value) is dict and key not in value:
        transforms = getattr(serializer._value_picker, "response_transformers", None)  # noqa: SLF001
        if not transforms and value.keys() <= shape.parent.members.keys():
            return
    _member(serializer, serialized, value, shape, key)


def _sorted_items(table: Table) -> list[Any]:
    if not table.range_key_attr:
        return sorted(table.items.values(), key=lambda one: one.hash_key.cast_value)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda one: (one.hash_key.cast_value, one.range_key.cast_value))
