"""Gap: a metric filter counts the lines of a function's log.

With the log format JSON, Lambda writes records of an invocation that timed out and of a function
that did not start: "Lambda Telemetry API Event schema reference", "System log level event mapping".
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc

from laptop_cloud.extension import metric_alarms
from laptop_cloud.metrics import matches


def install() -> None:
    run = lambda_svc._execute_function_warm  # lambda_runtime's

    def execute(function: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        result: dict[str, Any] = run(function, *args, **kwargs)
        logging = (function.get("config") or function).get("LoggingConfig") or {}
        if logging.get("LogFormat") == "JSON":
            written = record(result)
            result["log"] = "\n".join(one for one in (result.get("log"), written) if one)
            count(logging.get("LogGroup"), result["log"])
        return result

    lambda_svc._execute_function_warm = execute


def record(result: dict[str, Any]) -> str:
    """Lambda's record of an invocation that died, or nothing."""
    body = result.get("body")
    kind = body.get("errorType") if result.get("error") and isinstance(body, dict) else None
    if result.get("unstarted"):
        about = {"phase": "invoke", "status": "error", "errorType": kind}
        return json.dumps({"type": "platform.initReport", "record": about})
    if kind == "Sandbox.Timedout":
        return json.dumps({"type": "platform.report", "record": {"status": "timeout"}})
    return ""


def count(group: str | None, log: str) -> None:
    filters = [
        one for one in cloudwatch_logs._metric_filters.values() if one["logGroupName"] == group
    ]
    for line in log.splitlines() if filters else ():
        for one in filters:
            if matches(one["filterPattern"], line):
                for metric in one["metricTransformations"]:
                    name, namespace = metric["metricName"], metric["metricNamespace"]
                    cloudwatch.record_metric(namespace, name, float(metric["metricValue"]), "None")
                    metric_alarms.published(namespace)
