"""SweepRange: deletes objects of a range of keys that are too old or unexpected."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.sweep import RangeSweep
from likeness.entrypoints.step import step
from likeness.services.deletion.sweep_range import sweep_range


@step(RangeSweep)
def handler(begun: RangeSweep) -> RangeSweep:
    return sweep_range(
        begun,
        buckets=bootstrap.buckets(),
        jobs=bootstrap.swept_jobs(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        rules=policy_files.load_retention().with_avatar_days(bootstrap.settings().avatar_days),
    )
