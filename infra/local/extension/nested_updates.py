"""Gap: what did not change in a nested stack keeps its attributes when the stack is updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from infra.local.extension.provisioning import Properties

Attributes = dict[str, Any]

_provision_resource = provisioners._provision_resource
_update_resource = provisioners._update_resource
_attributes: dict[tuple[str, str], Attributes] = {}


def install() -> None:
    """Only nested stacks call these through their module; a stack of its own knows them itself."""
    provisioners._provision_resource = provision
    provisioners._update_resource = update


def provision(
    resource_type: str, logical_id: str, properties: Properties, stack: str
) -> tuple[str, Attributes]:
    physical_id, attributes = _provision_resource(resource_type, logical_id, properties, stack)
    _attributes[resource_type, physical_id] = attributes
    return physical_id, attributes


def update(  # noqa: PLR0917  MiniStack calls it so
    resource_type: str,
    physical_id: str,
    old: Properties,
    new: Properties,
    stack: str,
    logical_id: str | None = None,
    old_attributes: Attributes | None = None,
) -> tuple[str, Attributes]:
    known = old_attributes or _attributes.get((resource_type, physical_id))
    found_id, attributes = _update_resource(
        resource_type, physical_id, old, new, stack, logical_id, known
    )
    _attributes[resource_type, found_id] = attributes
    return found_id, attributes
