"""A hook after MiniStack's provisioners that sets the properties they drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
SetProperties = Callable[[str, Properties], None]


def after(resource_type: str, set_properties: SetProperties) -> None:
    """Call `set_properties(physical id, properties)` after each create and update."""
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update = handler["create"], handler["update"]
    with_logical_id = handler.get("update_with_logical_id", False)

    def created(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        physical_id, attributes = create(logical_id, properties, stack)
        set_properties(physical_id, properties)
        return physical_id, attributes

    def updated(
        physical_id: str, old: Properties, new: Properties, stack: str, *logical_id: str
    ) -> tuple[str, Properties]:
        extra = logical_id if with_logical_id else ()
        physical_id, attributes = update(physical_id, old, new, stack, *extra)
        set_properties(physical_id, new)
        return physical_id, attributes

    handler["create"], handler["update"] = created, updated


def truth(value: Any) -> bool:
    """A template's boolean, which may be text."""
    return str(value).lower() == "true"
