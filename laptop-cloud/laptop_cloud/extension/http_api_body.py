"""Gap: the OpenAPI Body of an HttpApi becomes its routes, integrations, authorizers and CORS."""

from __future__ import annotations

from typing import Any

from laptop_cloud.extension import inprocess, openapi
from laptop_cloud.extension.provisioning import Properties, after, truth


def install() -> None:
    after("AWS::ApiGatewayV2::Api", import_body)


def import_body(api_id: str, properties: Properties) -> None:
    """Replace the API's routes by those of its Body, as ReimportApi does."""
    if not properties.get("Body"):
        return
    fails = truth(properties.get("FailOnWarnings"))
    wanted = openapi.read(properties["Body"], fail_on_warnings=fails)
    client = inprocess.client("apigatewayv2")
    _delete_routes(client, api_id)
    authorizers = {
        one.name: client.create_authorizer(
            ApiId=api_id, Name=one.name, AuthorizerType=one.kind, **one.settings
        )["AuthorizerId"]
        for one in wanted.authorizers
    }
    for route in wanted.routes:
        integration = client.create_integration(ApiId=api_id, **route.integration)
        extra: dict[str, Any] = {}
        if route.authorizer is not None:
            extra["AuthorizerId"] = authorizers[route.authorizer]
        if route.scopes:
            extra["AuthorizationScopes"] = list(route.scopes)
        client.create_route(
            ApiId=api_id,
            RouteKey=route.key,
            Target=f"integrations/{integration['IntegrationId']}",
            AuthorizationType=route.authorization,
            **extra,
        )
    title = (properties["Body"].get("info") or {}).get("title")
    settings = {} if wanted.cors is None else {"CorsConfiguration": wanted.cors}
    client.update_api(ApiId=api_id, **({"Name": title} if title else {}), **settings)


def _delete_routes(client: Any, api_id: str) -> None:
    for route in client.get_routes(ApiId=api_id, MaxResults="500")["Items"]:
        client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for one in client.get_integrations(ApiId=api_id, MaxResults="500")["Items"]:
        client.delete_integration(ApiId=api_id, IntegrationId=one["IntegrationId"])
    for one in client.get_authorizers(ApiId=api_id, MaxResults="500")["Items"]:
        client.delete_authorizer(ApiId=api_id, AuthorizerId=one["AuthorizerId"])
