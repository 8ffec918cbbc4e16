"""moto without work that changes no result: it was nine tenths of the time of a transaction.

moto/core/serialize.py looks up to fourteen names for each member of each structure, and nine of ten
members of an attribute value are missing. moto/dynamodb/models copies all items of a table for each
write of a transaction, sorts all for each query, by keys that it converts at each comparison, and
measures all attributes of an item again for each one that it adds. Each mock prepares 1,300
responses for the package requests, which no test uses: a call by it is refused without them.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from moto.core import models
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    import pytest

LARGEST_ITEM = 405_000  # bytes: the limit of LimitedSizeDict


def take(patch: pytest.MonkeyPatch) -> None:
    for (owner, name), shorter in SHORTCUTS.items():
        patch.setattr(owner, name, shorter, raising=False)


def leave(patch: pytest.MonkeyPatch) -> None:
    for (owner, name), whole in _whole.items():
        if whole is None:
            patch.delattr(owner, name)
        else:
            patch.setattr(owner, name, whole)


# --- responses ----------------------------------------------------------------------------------


def _present_members(
    serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    if not _has_own_names(serializer, value, shape):
        _whole[ResponseSerializer, "_serialize_type_structure"](
            serializer, serialized, value, shape, key
        )
        return
    wrapper = serializer.MAP_TYPE() if key else serialized
    for name, member in shape.members.items():
        if name in value:
            member.parent = shape
            serializer._serialize_structure_member(wrapper, value, member, name)  # noqa: SLF001
    if key:
        serializer._default_serialize(serialized, wrapper, shape, key)  # noqa: SLF001


def _own_member(
    serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    if not _has_own_names(serializer, value, shape.parent):
        _whole[ResponseSerializer, "_serialize_structure_member"](
            serializer, serialized, value, shape, key
        )
    elif (found := value.get(key)) is not None:
        serializer._serialize(serialized, found, shape, key)  # noqa: SLF001


def _has_own_names(serializer: ResponseSerializer, value: Any, shape: Any) -> bool:
    """A mapping with only the model's own names has a member under its name or not at all."""
    picker = serializer._value_picker  # noqa: SLF001
    return (
        type(value) is dict
        and not getattr(picker, "response_transformers", None)
        and value.keys() <= shape.members.keys()
    )


# --- tables -------------------------------------------------------------------------------------


def _sorted_items(table: Table) -> list[Any]:
    if not table.range_key_attr:
        return sorted(table.items.values(), key=lambda one: one.hash_key.cast_value)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda one: (one.hash_key.cast_value, one.range_key.cast_value))


def _snapshot(table: Table, _memo: dict[int, Any]) -> Table:
    """The table as it is now: no item in it is changed, `_update_copy` replaces it."""
    found = copy.copy(table)
    found.items = defaultdict(dict, {key: copy.copy(one) for key, one in table.items.items()})
    return found


def _update_copy(
    backend: DynamoDBBackend, table_name: str, key: Any, *args: Any, **more: Any
) -> Any:
    table = backend.get_table(table_name)
    hash_key, range_key = backend.get_keys_value(table, key)
    if item := table.get_item(hash_key, range_key):
        partition = table.items[hash_key] if range_key else table.items
        partition[range_key or hash_key] = copy.deepcopy(item)
    return _whole[DynamoDBBackend, "update_item"](backend, table_name, key, *args, **more)


def _item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: Any) -> None:
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = LimitedSizeDict()
    for key, value in attrs.items():
        dict.__setitem__(item.attrs, key, DynamoType(value))
    if item.size() > LARGEST_ITEM:
        raise ItemSizeTooLarge


def _copied_containers(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
    """A string or a number is replaced, never changed."""
    if isinstance(value.value, (dict, list)):
        return _whole[DynamoType, "__deepcopy__"](value, memo)  # type: ignore[no-any-return]
    return value


def _string_first(value: DynamoType) -> Any:
    return value.value if value.type == "S" else _whole[DynamoType, "cast_value"].fget(value)


SHORTCUTS: dict[tuple[Any, str], Any] = {
    (models, "RESPONSES_METHODS"): (),
    (ResponseSerializer, "_serialize_type_structure"): _present_members,
    (ResponseSerializer, "_serialize_structure_member"): _own_member,
    (Table, "all_items"): _sorted_items,
    (Table, "__deepcopy__"): _snapshot,
    (DynamoDBBackend, "update_item"): _update_copy,
    (Item, "__init__"): _item,
    (DynamoType, "__deepcopy__"): _copied_containers,
    (DynamoType, "cast_value"): property(_string_first),
}
_whole = {(owner, name): getattr(owner, name, None) for owner, name in SHORTCUTS}
