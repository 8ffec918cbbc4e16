"""Step ProveDeletion, and target of each job's schedule: verifies deletion, signs the receipt."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.deletion import ProveDeletionInput, ProveDeletionResult
from likeness.contracts.jobs import JobError, SettleJobResult
from likeness.domain.ids import JobId
from likeness.entrypoints.step import step
from likeness.services.deletion.prove_deletion import prove_deletion
from likeness.services.jobs.fail_job import fail_job


def _end(job_id: JobId) -> SettleJobResult:
    """End a job that its deadline finds unfinished."""
    return fail_job(
        job_id,
        JobError.DEADLINE,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        ledger=bootstrap.ledger(),
        generator=bootstrap.generator(),
        keyed_hash=bootstrap.keyed_hash(),
        deletion=bootstrap.job_deletion(),
        clock=bootstrap.CLOCK,
    )


@step(ProveDeletionInput)
def handler(job: ProveDeletionInput) -> ProveDeletionResult:
    return prove_deletion(
        job.job_id,
        overdue=job.overdue,
        jobs=bootstrap.jobs(),
        appeals=bootstrap.appeals(),
        deletion=bootstrap.job_deletion(),
        receipts=bootstrap.job_receipts(),
        workflow=bootstrap.workflow(),
        deadlines=bootstrap.deadlines(),
        clock=bootstrap.CLOCK,
        rules=policy_files.load_retention(),
        end=_end,
    )
