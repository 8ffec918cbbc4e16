"""Gap: an unchanged resource of a nested stack keeps its attributes in an update."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

_provision_resource = provisioners._provision_resource
_update_resource = provisioners._update_resource
_attributes: dict[tuple[str, str], dict[str, Any]] = {}  # by type and physical id


def install() -> None:
    provisioners._provision_resource = provision
    provisioners._update_resource = update


def provision(resource_type: str, *arguments: Any, **named: Any) -> tuple[str, dict[str, Any]]:
    physical_id, attributes = _provision_resource(resource_type, *arguments, **named)
    _attributes[resource_type, physical_id] = attributes
    return physical_id, attributes


def update(
    resource_type: str, physical_id: str, *arguments: Any, **named: Any
) -> tuple[str, dict[str, Any]]:
    """MiniStack returns no attributes for unchanged resources unless it gets the old ones."""
    new_id, attributes = _update_resource(resource_type, physical_id, *arguments, **named)
    known = _attributes.get((resource_type, new_id), {})
    found = attributes or known
    _attributes[resource_type, new_id] = found
    return new_id, found
