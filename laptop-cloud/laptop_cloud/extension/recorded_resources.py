"""Gap: resource types that MiniStack does not know are recorded as stack resources.

Only the types in `laptop_cloud.recorded`: another unknown type still fails the template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from laptop_cloud.recorded import RECORDED, Recorded

if TYPE_CHECKING:
    from laptop_cloud.extension.provisioning import Properties


def install() -> None:
    for resource_type, recorded in RECORDED.items():
        if resource_type in provisioners._RESOURCE_HANDLERS:
            raise ValueError(f"{resource_type} is known to MiniStack: it must not be recorded only")
        provisioners._RESOURCE_HANDLERS[resource_type] = handler(recorded)


def handler(recorded: Recorded) -> dict[str, Any]:
    """Create, update and delete for a type that exists only in its stack."""

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        name = properties.get(recorded.name) or f"{stack}-{logical_id}"
        service, _, resource = recorded.arn.partition(":")
        arn = f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}{name}"
        return name, {"Arn": arn}

    def update(
        _physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, Properties]:
        return create(logical_id, new, stack)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": lambda _physical_id, _properties: None,
    }
