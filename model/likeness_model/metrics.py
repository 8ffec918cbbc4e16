"""Numbers for SageMaker: lines of the log that its MetricDefinitions find.

    step=100; train_loss=0.08125; seconds_per_step=0.2510;

No id is in them: a metric outlives the job that it was measured on.
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

# As CreateTrainingJob takes them; infra/pipeline.asl.yaml says the same, and a test compares.
DEFINITIONS = [{"Name": f"likeness:{name}", "Regex": rf"\b{name}={NUMBER};"} for name in NAMES]


def tell(**numbers: float) -> None:
    """Write one line; ValueError for a number that nobody defined a metric for."""
    if unknown := sorted(numbers.keys() - set(NAMES)):
        raise ValueError(f"{unknown[0]} is no metric: add it to likeness_model.metrics.NAMES")
    log.info("%s", " ".join(f"{name}={value:.6g};" for name, value in numbers.items()))
