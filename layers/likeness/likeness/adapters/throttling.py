"""Counts the responses with which AWS throttles a call, also those that are retried."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from likeness.observability import logger

if TYPE_CHECKING:
    from likeness.ports.runtime import Metrics

# botocore's retries/standard.py, ThrottledRetryableChecker
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
METRIC = "Throttled"  # the metric of the alarm of that name


def count_throttles(client: Any, metrics: Metrics) -> Any:
    """Returns the client. The log line names the operation."""
    client.meta.events.register("needs-retry", partial(_look, metrics=metrics))
    return client


def _look(
    *, operation: Any, response: tuple[Any, dict[str, Any]] | None, metrics: Metrics, **_: Any
) -> None:
    """botocore asks after each response if it should retry. None leaves that to its own rules."""
    code = response[1].get("Error", {}).get("Code") if response else None
    if code in THROTTLED:
        service = operation.service_model.service_name
        logger.warning("throttled", operation=f"{service}:{operation.name}", code=code)
        metrics.count(METRIC)
