"""Complete the copies of holds whose first attempt failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import LikenessError, Unavailable
from likeness.domain.review.hold import HoldState

if TYPE_CHECKING:
    from likeness.ports.holds import Holds
    from likeness.services.review.holding import Holding

INCOMPLETE = "HoldIncomplete"  # the metric of the alarm of that name
PAGE = 100


def complete_holds(*, holds: Holds, holding: Holding) -> int:
    """Return how many holds waited for a lead. Nothing of a job is deleted until its copies are
    complete, but the buckets' lifecycle deletes a photo after a day.

    One failure stops no other hold; it is counted, and raised at the end.
    """
    waiting, failed, after = 0, 0, None
    while True:
        page = holds.list(limit=PAGE, after=after)
        for hold in page.items:
            if hold.state is not HoldState.WAITING:
                break
            waiting += 1
            try:
                holding.complete(hold)
            except LikenessError:
                failed += 1
        after = page.last
        if after is None or page.items[-1].state is not HoldState.WAITING:
            break
    if failed:
        holding.metrics.count(INCOMPLETE, failed)
        raise Unavailable(f"the copies of {failed} holds are not complete")
    return waiting
