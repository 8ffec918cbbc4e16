"""Step ProveDeletion, and target of each job's schedule: verifies deletion, signs the receipt."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import JobError, ProveDeletionInput, ProveDeletionResult, SettleJobResult
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
        photos=bootstrap.photos(),
        work=bootstrap.work(),
        avatar_store=bootstrap.avatar_store(),
        generator=bootstrap.generator(),
        keyed_hash=bootstrap.keyed_hash(),
        leftovers=bootstrap.leftovers(),
        deletions=bootstrap.deletions(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
    )


@step(ProveDeletionInput)
def handler(job: ProveDeletionInput) -> ProveDeletionResult:
    return prove_deletion(
        job.job_id,
        overdue=job.overdue,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        work=bootstrap.work(),
        avatar_store=bootstrap.avatar_store(),
        leftovers=bootstrap.leftovers(),
        deletions=bootstrap.deletions(),
        signer=bootstrap.signer(),
        keyed_hash=bootstrap.keyed_hash(),
        workflow=bootstrap.workflow(),
        deadlines=bootstrap.deadlines(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        rules=policy_files.load_retention(),
        issuer=bootstrap.settings().receipt_issuer,
        end=_end,
    )
