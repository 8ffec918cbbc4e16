"""Gap: a function's log lines in the embedded metric format become metrics."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from laptop_cloud.extension import metric_alarms
from laptop_cloud.metrics import read


def install() -> None:
    run = lambda_svc._execute_function_warm  # lambda_runtime's

    def execute(*args: Any, **kwargs: Any) -> dict[str, Any]:
        result: dict[str, Any] = run(*args, **kwargs)
        publish(result.get("log") or "")
        return result

    lambda_svc._execute_function_warm = execute


def publish(log: str) -> None:
    found = list(read(log, time.time()))
    for one in found:
        cloudwatch.record_metric(
            one.namespace, one.metric, one.value, one.unit, dict(one.dimensions)
        )
    for namespace in {one.namespace for one in found}:
        metric_alarms.published(namespace)
