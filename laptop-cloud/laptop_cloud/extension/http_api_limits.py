"""Gap: an HTTP API refuses large requests, does not wait for ever and hides a function's errors.

"Quotas for configuring and running an HTTP API" (API Gateway Developer Guide): 10 MB, 30 s. The
guide does not list status codes. Measured by others: 503 `Service Unavailable` after the
integration's timeout (issues serverless/serverless#11222, anomalyco/sst#2232), 500 `Internal Server
Error` after an error or the timeout of the function (denoland/deno_registry2#87). For a throttled
function no source was found: 503, so that its caller tries again.
"""

from __future__ import annotations

import asyncio
import json
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway, lambda_svc

from laptop_cloud.extension.payload_limits import SYNCHRONOUS

LARGEST_BODY = 10 * 1024 * 1024
LONGEST_MS = 30_000
Response = tuple[int, dict[str, str], Any]

_execute = apigateway.handle_execute
_invoke = apigateway._invoke_lambda_proxy
_proxy_response = lambda_svc.lambda_execute_result_to_api_proxy_response
_run_function = lambda_svc._execute_function_with_config_scope
_for_http_api: ContextVar[bool] = ContextVar("for_http_api", default=False)

_running: set[asyncio.Task[Response]] = set()


def install() -> None:
    apigateway.handle_execute = handle_execute
    apigateway._invoke_lambda_proxy = invoke
    lambda_svc.lambda_execute_result_to_api_proxy_response = proxy_response
    lambda_svc._execute_function_with_config_scope = run_function


async def handle_execute(*request: Any, **options: Any) -> Response:
    body = request[5]
    if body and len(body) > LARGEST_BODY:
        return message(413, "Request Entity Too Large")
    answer: Response = await _execute(*request, **options)
    return answer


async def invoke(integration: dict[str, Any], *request: Any, **options: Any) -> Response:
    """Invoke the function and wait for at most the integration's timeout.

    The function itself continues, as on AWS.
    """
    _for_http_api.set(True)
    seconds = int(integration.get("timeoutInMillis") or LONGEST_MS) / 1000
    running = asyncio.ensure_future(_invoke(integration, *request, **options))
    _running.add(running)  # the event loop holds tasks by weak references only
    running.add_done_callback(_running.discard)
    done, _ = await asyncio.wait({running}, timeout=seconds)
    return running.result() if done else message(503, "Service Unavailable")


def run_function(function: dict[str, Any], event: Any) -> dict[str, Any]:
    """Refuse an event that is too large for Lambda, as base64 of a body below 10 MB can be."""
    if _for_http_api.get() and len(json.dumps(event).encode()) > SYNCHRONOUS:
        return {"body": {"statusCode": 413, "body": '{"message":"Request Entity Too Large"}'}}
    result: dict[str, Any] = _run_function(function, event)
    return result


def proxy_response(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    found: tuple[dict[str, Any] | None, str | None] = _proxy_response(result)
    if not _for_http_api.get():
        return found
    if result.get("throttle"):
        return {"statusCode": 503, "body": '{"message":"Service Unavailable"}'}, None
    if result.get("error"):
        return {"statusCode": 500, "body": '{"message":"Internal Server Error"}'}, None
    return found


def message(status: int, text: str) -> Response:
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return status, {"Content-Type": "application/json"}, body
