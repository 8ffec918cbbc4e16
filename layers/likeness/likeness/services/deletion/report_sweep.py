"""End the daily sweep: one report over all ranges."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from likeness.contracts.sweep import ReportSweepInput, ReportSweepResult

if TYPE_CHECKING:
    from likeness.domain.deletion.retention import Retention
    from likeness.ports.runtime import Clock


def report_sweep(swept: ReportSweepInput, *, clock: Clock, rules: Retention) -> ReportSweepResult:
    """Returns counts by finding, never keys. They are in the metrics already."""
    found = Counter(swept.findings)
    for one in swept.ranges:
        found.update(one.findings)
    return ReportSweepResult(
        at=clock.now(),
        policy=rules.version,
        seen=sum(one.seen for one in swept.ranges),
        deleted=sum(one.deleted for one in swept.ranges),
        findings=dict(sorted(found.items())),
        unfinished=sum(one.error is not None for one in swept.ranges),
    )
