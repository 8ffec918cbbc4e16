"""PlanSweep: checks the buckets' settings and divides their keys into ranges."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.sweep import PlanSweepInput, PlanSweepResult
from likeness.entrypoints.step import step
from likeness.services.deletion.plan_sweep import plan_sweep


@step(PlanSweepInput)
def handler(_: PlanSweepInput) -> PlanSweepResult:
    return plan_sweep(
        buckets=bootstrap.buckets(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        rules=policy_files.load_retention().with_avatar_days(bootstrap.settings().avatar_days),
    )
