"""CloudFront distributions, response headers and access to origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties, Reader

# CloudFormation's names where they differ from the API's.
RENAMED = {
    "OriginSslProtocols": "OriginSSLProtocols",
    "IsIPV6Enabled": "IPV6Enabled",
}


def unwrapped(value: Any) -> Any:
    """The API's `{Quantity, Items}` as a list, as in a template."""
    if isinstance(value, list):
        return [unwrapped(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "Quantity" in value and value.keys() <= {"Quantity", "Items", "CachedMethods"}:
        return unwrapped(value.get("Items", []))
    return {RENAMED.get(name, name): unwrapped(one) for name, one in value.items()}


def distribution(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    answer = clients("cloudfront").get_distribution_config(Id=name)
    return {"DistributionConfig": unwrapped(answer["DistributionConfig"])}


def headers_policy(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("cloudfront").get_response_headers_policy_config(Id=name)
    found = unwrapped(answer["ResponseHeadersPolicyConfig"])
    for block in wanted["ResponseHeadersPolicyConfig"]:  # a block with a list as its only member
        if isinstance(found.get(block), list):
            found[block] = {"Items": found[block]}
    return {"ResponseHeadersPolicyConfig": found}


def access_control(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    answer = clients("cloudfront").get_origin_access_control_config(Id=name)
    return {"OriginAccessControlConfig": answer["OriginAccessControlConfig"]}


READERS: dict[str, Reader] = {
    "AWS::CloudFront::Distribution": distribution,
    "AWS::CloudFront::ResponseHeadersPolicy": headers_policy,
    "AWS::CloudFront::OriginAccessControl": access_control,
}
