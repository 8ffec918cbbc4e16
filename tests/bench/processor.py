"""Processor time of a piece of work, the programs that it starts included."""

import resource
import statistics
from collections.abc import Callable

ENOUGH = 15.0  # s of work on one number


def processor_seconds(work: Callable[[], object], runs: int) -> float:
    """The median of `runs`, after one that warms up; of fewer when they take long.

    What else runs on the machine changes it little, unlike the clock on the wall.
    """
    seconds = []
    for _ in range(runs + 1):
        began = _used()
        work()
        seconds.append(_used() - began)
        if sum(seconds) > ENOUGH:
            break
    return statistics.median(seconds[1:] or seconds)


def _used() -> float:
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in each)
