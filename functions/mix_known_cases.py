"""Schedule: mixes known cases into the review queue, and scores those that were decided."""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.entrypoints.schedule import on_schedule


@on_schedule
def handler() -> int:
    return bootstrap.known_case_mixer(pictures).mix()
