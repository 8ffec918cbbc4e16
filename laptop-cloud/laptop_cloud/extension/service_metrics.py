"""Gap: HTTP APIs and state machines publish their metrics.

"Monitor CloudWatch metrics for HTTP APIs in API Gateway", "Monitoring Step Functions metrics using
Amazon CloudWatch".
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services import apigateway, cloudwatch, stepfunctions

Response = tuple[int, dict[str, str], Any]

EXECUTIONS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def install() -> None:
    handle, emit = apigateway.handle_execute, stepfunctions._emit_execution_status_event

    async def handle_execute(api_id: str, *request: Any, **options: Any) -> Response:
        began = time.monotonic()
        response: Response = await handle(api_id, *request, **options)
        count_request(api_id, response[0], time.monotonic() - began)
        return response

    def emit_status(execution: dict[str, Any]) -> None:
        emit(execution)
        machine = {"StateMachineArn": execution["stateMachineArn"]}
        name = EXECUTIONS[execution["status"]]
        cloudwatch.record_metric("AWS/States", name, 1, "Count", machine)

    apigateway.handle_execute = handle_execute
    stepfunctions._emit_execution_status_event = emit_status


def count_request(api_id: str, status: int, seconds: float) -> None:
    api = {"ApiId": api_id}
    counts = {"Count": 1, "4xx": int(400 <= status < 500), "5xx": int(status >= 500)}
    for name, value in counts.items():
        cloudwatch.record_metric("AWS/ApiGateway", name, value, "Count", api)
    cloudwatch.record_metric("AWS/ApiGateway", "Latency", 1000 * seconds, "Milliseconds", api)
