"""Once a day: whatever is older or stranger in the buckets than we promise is told and deleted."""

from likeness.bootstrap import pipeline
from likeness.contracts import Sweep, Swept
from likeness.entrypoints.step import step


@step(Sweep)
def handler(_: Sweep) -> Swept:
    return pipeline.sweep_buckets()
