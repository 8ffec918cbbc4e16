"""The types of a reader, which reads one resource from its service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from laptop_cloud.clients import Clients

Properties = Mapping[str, Any]
# (clients, physical id, properties in the template) -> properties, in CloudFormation's form
Reader = Callable[[Clients, str, Properties], dict[str, Any]]

Wanted = Callable[[Properties], dict[str, Any]]


def capital(value: Any) -> Any:
    """The camelCase keys of some services as CloudFormation's CamelCase."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: capital(item) for key, item in value.items()}
    if isinstance(value, list):
        return [capital(item) for item in value]
    return value


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
