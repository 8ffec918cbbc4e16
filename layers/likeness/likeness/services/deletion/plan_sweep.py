"""Begin the daily sweep: check the buckets' settings, and divide their keys into ranges."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from likeness.contracts.sweep import PlanSweepResult, RangeSweep
from likeness.domain.deletion.key_ranges import ranges_of
from likeness.services.deletion.sweep_range import count

if TYPE_CHECKING:
    from likeness.domain.deletion.retention import Retention
    from likeness.ports.deletion import Buckets
    from likeness.ports.runtime import Clock, Metrics


def plan_sweep(
    *, buckets: Buckets, metrics: Metrics, clock: Clock, rules: Retention
) -> PlanSweepResult:
    """A setting that differs from the retention policy is a finding, and raises an alarm the same
    day: a lifecycle rule that was switched off, a bucket that became versioned or replicated."""
    found = Counter(buckets.drift(rules.lifecycle))
    count(found, metrics)
    ranges = (RangeSweep.model_validate(one.model_dump()) for one in ranges_of(clock.now()))
    return PlanSweepResult(ranges=tuple(ranges), findings=dict(found))
