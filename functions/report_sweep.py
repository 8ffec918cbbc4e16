"""ReportSweep: logs what the daily sweep found."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.sweep import ReportSweepInput, ReportSweepResult
from likeness.entrypoints.step import step
from likeness.observability import logger
from likeness.services.deletion.report_sweep import report_sweep


@step(ReportSweepInput)
def handler(swept: ReportSweepInput) -> ReportSweepResult:
    result = report_sweep(swept, clock=bootstrap.CLOCK, rules=policy_files.load_retention())
    logger.info("swept", extra=result.model_dump(mode="json"))
    return result
