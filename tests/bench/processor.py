"""Processor time of a piece of work, including the programs that it starts."""

import resource
import statistics
from collections.abc import Callable

ENOUGH = 15.0  # s of work on one number


def processor_seconds(work: Callable[[], object], runs: int) -> float:
    """The median of `runs` after a warm-up run; of fewer runs when they take long.

    Unlike wall-clock time, it hardly depends on what else runs on the machine.
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
