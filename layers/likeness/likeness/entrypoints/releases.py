"""Counts the faults of a release: an alarm on them stops and undoes its gradual deployment.

A fault is an exception that no use case raises, or a missing permission. The errors of a use case,
such as Unavailable, say something about AWS or about the caller.
"""

from __future__ import annotations

import gc
import os
from functools import wraps
from typing import TYPE_CHECKING, Any

from likeness.domain.errors import (
    CapacityError,
    Denied,
    DetectorBusy,
    LikenessError,
    UnknownDetector,
    WorkStopped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "ReleaseFaults"
# A step fails as long as its job waits. Lambda counts that as an error, and the alarm
# function-errors, which undoes a release too, counts it out.
WAITING = (CapacityError, DetectorBusy, UnknownDetector, WorkStopped)
WAITS = "StepsWaiting"
NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Likeness")
RELEASE = os.environ.get("LIKENESS_RELEASE", "none")


def handles(work: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`functools.wraps` for a Lambda handler that calls `work`; it counts what the handler raises.

    An invocation that dies has no exception: Lambda's own metric counts it. A handler is made when
    everything is imported: from here on there is garbage.
    """
    if not gc.isenabled():  # see bootstrap.py
        gc.freeze()
        gc.enable()

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def counted(event: Any, context: Any) -> Any:
            try:
                return handler(event, context)
            except Exception as error:
                count(error)
                if isinstance(error, WAITING):
                    _write(WAITS)
                raise

        return counted

    return decorate


def count(error: Exception) -> None:
    if isinstance(error, LikenessError) and not isinstance(error, Denied):
        return
    _write(METRIC, Release=RELEASE)


def _write(name: str, **dimensions: str) -> None:
    # Not at the top: nearly no invocation counts a fault, and it slows cold starts.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name, unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
        for dimension, value in dimensions.items():
            metric.add_dimension(dimension, value)
