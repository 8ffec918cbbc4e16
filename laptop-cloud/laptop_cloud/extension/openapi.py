"""Reads the OpenAPI document that SAM writes for an HttpApi: its routes, authorizers and CORS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INTEGRATION = "x-amazon-apigateway-integration"
AUTHORIZER = "x-amazon-apigateway-authorizer"
ANY_METHOD = "x-amazon-apigateway-any-method"
CORS = "x-amazon-apigateway-cors"
UNDEFINED = "NONE"  # SAM's name for no authorizer, where the API has a default one
PATH_LEVEL = frozenset({"parameters", "summary", "description", "servers", "$ref"})


class Unsupported(ValueError):
    """The document has something that the import does not know and must not drop."""


@dataclass(frozen=True, slots=True)
class Authorizer:
    name: str
    kind: str  # JWT or REQUEST
    settings: Mapping[str, Any]  # the rest of CreateAuthorizer's parameters


@dataclass(frozen=True, slots=True)
class Route:
    key: str  # "GET /v1/jobs", or "$default"
    integration: Mapping[str, Any]  # CreateIntegration's parameters
    authorization: str  # NONE, AWS_IAM, JWT or CUSTOM
    authorizer: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpApi:
    authorizers: tuple[Authorizer, ...]
    routes: tuple[Route, ...]
    cors: Mapping[str, Any] | None


def read(document: Mapping[str, Any], *, fail_on_warnings: bool = False) -> HttpApi:
    """The API that API Gateway creates from the document. Raises Unsupported.

    With `fail_on_warnings` the scheme NONE, which SAM names and does not define, is refused too:
    AWS's documentation does not say if it is a warning.
    """
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    kinds = {name: _authorization(name, scheme) for name, scheme in schemes.items()}
    cors = document.get(CORS)
    return HttpApi(
        authorizers=tuple(
            _authorizer(name, schemes[name][AUTHORIZER], kind)
            for name, kind in kinds.items()
            if kind != "AWS_IAM"
        ),
        routes=tuple(_routes(document.get("paths") or {}, kinds, fail_on_warnings)),
        cors=None if cors is None else {_capital(key): value for key, value in cors.items()},
    )


def _authorization(name: str, scheme: Mapping[str, Any]) -> str:
    if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
        return "AWS_IAM"
    kind = (scheme.get(AUTHORIZER) or {}).get("type")
    if kind == "jwt":
        return "JWT"
    if kind == "request":
        return "CUSTOM"
    raise Unsupported(f"security scheme {name}: only jwt, request and awsSigv4 are known")


def _authorizer(name: str, found: Mapping[str, Any], kind: str) -> Authorizer:
    source = found.get("identitySource", "$request.header.Authorization")
    sources = source.split(",") if isinstance(source, str) else list(source)
    if kind == "JWT":
        jwt = found.get("jwtConfiguration") or {}
        if not jwt.get("issuer") or not jwt.get("audience"):
            raise Unsupported(f"authorizer {name}: a JWT authorizer needs an issuer and audience")
        return Authorizer(
            name,
            "JWT",
            {
                "IdentitySource": sources,
                "JwtConfiguration": {"Issuer": jwt["issuer"], "Audience": jwt["audience"]},
            },
        )
    settings = {
        "IdentitySource": sources,
        "AuthorizerUri": found["authorizerUri"],
        "AuthorizerPayloadFormatVersion": found.get("authorizerPayloadFormatVersion", "2.0"),
        "EnableSimpleResponses": bool(found.get("enableSimpleResponses")),
        "AuthorizerResultTtlInSeconds": int(found.get("authorizerResultTtlInSeconds", 300)),
    }
    if found.get("authorizerCredentials"):
        settings["AuthorizerCredentialsArn"] = found["authorizerCredentials"]
    return Authorizer(name, "REQUEST", settings)


def _routes(
    paths: Mapping[str, Any], kinds: Mapping[str, str], fail_on_warnings: bool
) -> Iterator[Route]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method in PATH_LEVEL:
                continue
            found = operation.get(INTEGRATION)
            if found is None:
                raise Unsupported(f"{method} {path} has no {INTEGRATION}")
            name, scopes = _security(operation, f"{method} {path}")
            if name == UNDEFINED and not fail_on_warnings:
                name = None
            if name is not None and name not in kinds:
                raise Unsupported(f"{method} {path}: there is no security scheme {name}")
            verb = "ANY" if method == ANY_METHOD else method.upper()
            authorization = "NONE" if name is None else kinds[name]
            yield Route(
                key="$default" if path == "/$default" else f"{verb} {path}",
                integration=_integration(found),
                authorization=authorization,
                authorizer=None if authorization == "AWS_IAM" else name,
                scopes=scopes,
            )


def _security(operation: Mapping[str, Any], where: str) -> tuple[str | None, tuple[str, ...]]:
    """The security scheme of a route."""
    schemes = [item for one in operation.get("security") or [] for item in one.items()]
    if len(schemes) > 1:
        raise Unsupported(f"{where}: an HTTP API route has at most one authorizer")
    if not schemes:
        return None, ()
    name, scopes = schemes[0]
    return name, tuple(scopes or ())


def _integration(found: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {
        "IntegrationType": str(found.get("type", "aws_proxy")).upper(),
        "IntegrationMethod": found.get("httpMethod", "POST"),
        "PayloadFormatVersion": str(found.get("payloadFormatVersion", "2.0")),
        "TimeoutInMillis": int(found.get("timeoutInMillis", 30_000)),
    }
    if found.get("uri"):
        wanted["IntegrationUri"] = found["uri"]
    if found.get("credentials"):
        wanted["CredentialsArn"] = found["credentials"]
    return wanted


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
