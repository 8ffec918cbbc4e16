"""Metrics for SageMaker: log lines that its MetricDefinitions match.

    step=100; train_loss=0.08125; seconds_per_step=0.2510;

The lines contain no id: a metric outlives the job it was measured on.
"""

import logging

from likeness.contracts.container import METRICS

log = logging.getLogger(__name__)


def report(**numbers: float) -> None:
    """Log one line. Raises ValueError for a number without a metric definition."""
    if unknown := sorted(numbers.keys() - set(METRICS)):
        raise ValueError(f"{unknown[0]} is not a metric: add it to METRICS")
    log.info("%s", " ".join(f"{name}={value:.6g};" for name, value in numbers.items()))
