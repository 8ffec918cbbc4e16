"""Once a day: whatever is older or stranger in the buckets than we promise is told and deleted."""

from likeness.bootstrap import pipeline
from likeness.contracts import SweepBucketsInput, SweepBucketsResult
from likeness.entrypoints.step import step


@step(SweepBucketsInput)
def handler(_: SweepBucketsInput) -> SweepBucketsResult:
    return pipeline.sweep_buckets()
