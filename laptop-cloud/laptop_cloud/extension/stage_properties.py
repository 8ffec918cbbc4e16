"""Gap: the throttling settings of an HTTP API's stage are set."""

from __future__ import annotations

from typing import Any

from laptop_cloud.extension import inprocess
from laptop_cloud.extension.provisioning import Properties, after, truth

NUMBERS = {"ThrottlingBurstLimit": int, "ThrottlingRateLimit": float}


def install() -> None:
    after("AWS::ApiGatewayV2::Stage", set_properties)


def set_properties(stage: str, properties: Properties) -> None:
    routes = properties.get("RouteSettings") or {}
    inprocess.client("apigatewayv2").update_stage(
        ApiId=properties["ApiId"],
        StageName=stage,
        DefaultRouteSettings=settings(properties.get("DefaultRouteSettings") or {}),
        RouteSettings={route: settings(one) for route, one in routes.items()},
    )


def settings(wanted: Properties) -> dict[str, Any]:
    """CloudFormation's route settings, with their numbers as numbers."""
    return {
        name: NUMBERS[name](value)
        if name in NUMBERS
        else truth(value)
        if name.endswith("Enabled")
        else value
        for name, value in wanted.items()
    }
