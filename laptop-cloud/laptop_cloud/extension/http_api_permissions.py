"""Gap: an HTTP API calls only functions whose resource policy allows it.

Without the permission API Gateway returns 500 `Internal Server Error` ("Troubleshooting issues with
HTTP API Lambda integrations"). A permission belongs to one qualifier of the function.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway

from laptop_cloud.extension import resource_policies

log = logging.getLogger(__name__)

SERVICE = "apigateway.amazonaws.com"
REFUSED = (500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}')

_invoke = apigateway._invoke_lambda_proxy


def install() -> None:
    apigateway._invoke_lambda_proxy = invoke


async def invoke(  # noqa: PLR0917  MiniStack's signature
    integration: dict[str, Any],
    api: str,
    stage: str,
    path: str,
    method: str,
    *request: Any,
    **options: Any,
) -> Any:
    function = apigateway._extract_lambda_ref_from_integration_uri(
        integration.get("integrationUri", "")
    )
    source = f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api}/{stage}/{method}{path}"
    if not resource_policies.allows(
        "lambda", "lambda:InvokeFunction", function, principal=SERVICE, source=source
    ):
        log.warning("%s may not call %s", source, function)
        return REFUSED
    return await _invoke(integration, api, stage, path, method, *request, **options)
