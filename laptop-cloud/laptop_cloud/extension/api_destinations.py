"""Gap: connections and API destinations can be deployed, and their secrets are not returned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

from laptop_cloud.extension import inprocess

if TYPE_CHECKING:
    from laptop_cloud.extension.provisioning import Properties

SECRETS = frozenset({"ApiKeyValue", "Password", "ClientSecret"})

_describe_connection = eventbridge._describe_connection


def install() -> None:
    for kind, name in (("Connection", "connection"), ("ApiDestination", "api_destination")):
        resource_type = f"AWS::Events::{kind}"
        if resource_type in provisioners._RESOURCE_HANDLERS:
            raise ValueError(f"{resource_type} is known to MiniStack")
        provisioners._RESOURCE_HANDLERS[resource_type] = handler(kind, name)
    eventbridge._describe_connection = describe_connection


def handler(kind: str, name: str) -> dict[str, Any]:
    """Create, update and delete by the EventBridge API. A new name makes a new resource."""

    def call(verb: str, **given: Any) -> Any:
        return getattr(inprocess.client("events"), f"{verb}_{name}")(**given)

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        own = str(properties.get("Name") or f"{stack}-{logical_id}"[:64])
        answer = call("create", **{**with_numbers(properties), "Name": own})
        return own, {"Arn": answer[f"{kind}Arn"]}

    def update(
        physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, Properties]:
        if new.get("Name", physical_id) != physical_id:
            made = create(logical_id, new, stack)
            call("delete", Name=physical_id)
            return made
        answer = call("update", **{**with_numbers(new), "Name": physical_id})
        return physical_id, {"Arn": answer[f"{kind}Arn"]}

    def delete(physical_id: str, _properties: Properties) -> None:
        client = inprocess.client("events")
        try:
            call("delete", Name=physical_id)
        except client.exceptions.ResourceNotFoundException:
            return

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def with_numbers(properties: Properties) -> Properties:
    """The properties with numbers as numbers: in a template they may be text."""
    rate = "InvocationRateLimitPerSecond"
    return {name: int(value) if name == rate else value for name, value in properties.items()}


def describe_connection(data: dict[str, Any]) -> Any:
    """DescribeConnection without secrets, as on AWS."""
    status, headers, body = _describe_connection(data)
    return status, headers, json.dumps(without_secrets(json.loads(body))).encode()


def without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_secrets(one) for k, one in value.items() if k not in SECRETS}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    return value
