"""What a reader is: it asks a service about one resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from laptop_cloud.clients import Clients

Properties = Mapping[str, Any]
# (clients, physical id, what the template wants) -> what there is, in CloudFormation's shape.
Reader = Callable[[Clients, str, Properties], dict[str, Any]]

Wanted = Callable[[Properties], dict[str, Any]]


def capital(value: Any) -> Any:
    """camelCase keys, as some services answer, in CloudFormation's CamelCase."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: capital(item) for key, item in value.items()}
    if isinstance(value, list):
        return [capital(item) for item in value]
    return value


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
