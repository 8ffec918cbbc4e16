"""Schedule: mixes known cases into the review queue, and scores those that were decided."""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.mix_known_cases import mix_known_cases


@on_schedule
def handler() -> int:
    return mix_known_cases(mixer=bootstrap.known_case_mixer(pictures))
