"""The OpenAPI document of an HttpApi is read completely, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from laptop_cloud.extension.openapi import Authorizer, Unsupported, read

INTEGRATION = {
    "httpMethod": "POST",
    "type": "aws_proxy",
    "uri": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/f/invocations",
    "payloadFormatVersion": "2.0",
}
JWT = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://pool", "audience": ["desk"]},
    },
}
IAM = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}


def a_document(*security: dict[str, list[str]], **schemes: Any) -> dict[str, Any]:
    operation = {"x-amazon-apigateway-integration": INTEGRATION, "security": list(security)}
    return {
        "paths": {"/v1/jobs/{job_id}": {"get": operation}},
        "components": {"securitySchemes": schemes},
    }


def test_a_route_names_its_function_and_its_payload() -> None:
    (route,) = read(a_document()).routes

    assert route.key == "GET /v1/jobs/{job_id}"
    assert route.integration["IntegrationUri"] == INTEGRATION["uri"]
    assert route.integration["IntegrationType"] == "AWS_PROXY"
    assert route.integration["PayloadFormatVersion"] == "2.0"


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ([], ("NONE", None, ())),
        ([{"NONE": []}], ("NONE", None, ())),
        ([{"AWS_IAM": []}], ("AWS_IAM", None, ())),
        ([{"Desk": ["item"]}], ("JWT", "Desk", ("item",))),
    ],
)
def test_who_may_call_a_route(
    security: list[dict[str, list[str]]], expected: tuple[str, str | None, tuple[str, ...]]
) -> None:
    (route,) = read(a_document(*security, Desk=JWT, AWS_IAM=IAM)).routes

    assert (route.authorization, route.authorizer, route.scopes) == expected


def test_an_undefined_scheme_is_refused_where_warnings_fail_the_import() -> None:
    with pytest.raises(Unsupported, match="there is no security scheme NONE"):
        read(a_document({"NONE": []}), fail_on_warnings=True)


def test_a_jwt_authorizer_keeps_its_issuer_and_audience() -> None:
    assert read(a_document(Desk=JWT)).authorizers == (
        Authorizer(
            "Desk",
            "JWT",
            {
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Issuer": "https://pool", "Audience": ["desk"]},
            },
        ),
    )


def test_a_lambda_authorizer_is_a_custom_authorization() -> None:
    scheme = {
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "authorizerUri": "arn:f",
            "enableSimpleResponses": True,
            "authorizerResultTtlInSeconds": 0,
        }
    }
    api = read(a_document({"Gate": []}, Gate=scheme))

    assert api.routes[0].authorization == "CUSTOM"
    assert api.authorizers[0].settings["EnableSimpleResponses"] is True
    assert api.authorizers[0].settings["AuthorizerResultTtlInSeconds"] == 0


def test_cors_and_the_catch_all_routes() -> None:
    operation = {"x-amazon-apigateway-integration": INTEGRATION}
    document = {
        "paths": {
            "/$default": {"x-amazon-apigateway-any-method": operation},
            "/any": {"x-amazon-apigateway-any-method": operation},
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["https://desk"], "maxAge": 60},
    }
    api = read(document)

    assert [route.key for route in api.routes] == ["$default", "ANY /any"]
    assert api.cors == {"AllowOrigins": ["https://desk"], "MaxAge": 60}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (a_document({"Unknown": []}), "no security scheme Unknown"),
        (a_document({"A": []}, {"B": []}, A=IAM, B=IAM), "at most one authorizer"),
        (a_document(Key={"type": "apiKey"}), "only jwt, request and awsSigv4"),
        ({"paths": {"/x": {"get": {}}}}, "has no x-amazon-apigateway-integration"),
        (
            a_document(Desk={"x-amazon-apigateway-authorizer": {"type": "jwt"}}),
            "needs an issuer and audience",
        ),
    ],
)
def test_unsupported_documents_are_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        read(document)
