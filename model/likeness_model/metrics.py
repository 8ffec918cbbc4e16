"""Metrics for SageMaker: log lines that its MetricDefinitions match.

    step=100; train_loss=0.08125; seconds_per_step=0.2510;

The lines contain no id: a metric outlives the job it was measured on.
"""

import logging

log = logging.getLogger(__name__)

NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
NAMES = (
    "avatars_drawn",
    "avatars_not_drawn",
    "job_seconds",
    "step",
    "train_loss",
    "seconds_per_step",
    "images_per_second",
)

# As CreateTrainingJob takes them. infra/pipeline.asl.yaml repeats them; a test compares the two.
DEFINITIONS = [{"Name": f"likeness:{name}", "Regex": rf"\b{name}={NUMBER};"} for name in NAMES]


def report(**numbers: float) -> None:
    """Log one line. Raises ValueError for a number without a metric definition."""
    if unknown := sorted(numbers.keys() - set(NAMES)):
        raise ValueError(f"{unknown[0]} is not a metric: add it to likeness_model.metrics.NAMES")
    log.info("%s", " ".join(f"{name}={value:.6g};" for name, value in numbers.items()))
