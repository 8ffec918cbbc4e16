"""Daily schedule: reports and deletes objects that are too old or unexpected."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import SweepBucketsInput, SweepBucketsResult
from likeness.entrypoints.step import step
from likeness.observability import logger
from likeness.services.deletion.sweep_buckets import sweep_buckets


@step(SweepBucketsInput)
def handler(_: SweepBucketsInput) -> SweepBucketsResult:
    result = sweep_buckets(
        buckets=bootstrap.buckets(),
        jobs=bootstrap.jobs(),
        deletions=bootstrap.deletions(),
        appeals=bootstrap.appeals(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        rules=policy_files.load_retention().with_avatar_days(bootstrap.settings().avatar_days),
    )
    logger.info("swept", extra=result.model_dump(mode="json"))
    return result
