"""An HTTP API: the routes and authorizers of its OpenAPI Body, and those that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laptop_cloud.extension import openapi

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties

INTEGRATION = (
    *("IntegrationType", "IntegrationMethod", "PayloadFormatVersion", "TimeoutInMillis"),
    *("IntegrationUri", "CredentialsArn"),
)
AUTHORIZER = {
    "JWT": ("IdentitySource", "JwtConfiguration"),
    "REQUEST": (
        *("IdentitySource", "AuthorizerUri", "AuthorizerPayloadFormatVersion"),
        *("EnableSimpleResponses", "AuthorizerResultTtlInSeconds", "AuthorizerCredentialsArn"),
    ),
}


def wanted_api(wanted: Properties) -> dict[str, Any]:
    """The API's properties, with the Body as API Gateway imports it."""
    if "Body" not in wanted:
        return dict(wanted)
    document = openapi.read(wanted["Body"])
    routes = {
        route.key: _route(
            route.authorization, route.authorizer, list(route.scopes), route.integration
        )
        for route in document.routes
    }
    authorizers = {
        one.name: {"AuthorizerType": one.kind, **one.settings} for one in document.authorizers
    }
    body = _body(routes, authorizers)
    if document.cors is not None:
        body["Cors"] = document.cors
    return {**wanted, "Body": body}


def http_api(clients: Clients, api: str, _wanted: Properties) -> dict[str, Any]:
    gateway = clients("apigatewayv2")
    about: dict[str, Any] = gateway.get_api(ApiId=api)
    integrations = {
        one["IntegrationId"]: one
        for one in gateway.get_integrations(ApiId=api, MaxResults="500")["Items"]
    }
    found = {
        one["AuthorizerId"]: one
        for one in gateway.get_authorizers(ApiId=api, MaxResults="500")["Items"]
    }
    routes = {
        one["RouteKey"]: _route(
            one.get("AuthorizationType", "NONE"),
            found.get(one.get("AuthorizerId", ""), {}).get("Name"),
            one.get("AuthorizationScopes", []),
            _some(integrations[one["Target"].removeprefix("integrations/")], INTEGRATION),
        )
        for one in gateway.get_routes(ApiId=api, MaxResults="500")["Items"]
    }
    authorizers = {
        one["Name"]: _some(one, ("AuthorizerType", *AUTHORIZER[one["AuthorizerType"]]))
        for one in found.values()
    }
    body = {**_body(routes, authorizers), "Cors": about.get("CorsConfiguration")}
    return {**about, "Body": body}


def _body(routes: dict[str, Any], authorizers: dict[str, Any]) -> dict[str, Any]:
    """Names are also listed, so that additional routes and authorizers are found."""
    return {
        "RouteKeys": sorted(routes),
        "Routes": routes,
        "AuthorizerNames": sorted(authorizers),
        "Authorizers": authorizers,
    }


def _route(
    authorization: str, authorizer: str | None, scopes: list[str], integration: Any
) -> dict[str, Any]:
    return {
        "AuthorizationType": authorization,
        "Authorizer": authorizer or "",
        "AuthorizationScopes": scopes,
        "Integration": dict(integration),
    }


def _some(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}
