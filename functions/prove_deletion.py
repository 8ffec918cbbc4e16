"""Step ProveDeletion, and the target of each job's own schedule: all gone, seen, and signed."""

from likeness.bootstrap import pipeline
from likeness.contracts import ProveDeletionInput, ProveDeletionResult
from likeness.entrypoints.step import step


@step(ProveDeletionInput)
def handler(job: ProveDeletionInput) -> ProveDeletionResult:
    return pipeline.prove_deletion(job.job_id, overdue=job.overdue)
