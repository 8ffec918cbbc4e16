"""Completes copies in the hold bucket that an earlier attempt left incomplete."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.complete_holds import complete_holds


@on_schedule
def handler() -> int:
    return complete_holds(holds=bootstrap.holds(), holding=bootstrap.holding())
