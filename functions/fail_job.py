"""Step FailJob: stops GPU work, deletes everything, settles the day, records the reason."""

from likeness import bootstrap
from likeness.contracts.jobs import FailJobInput, FailJobResult
from likeness.entrypoints.step import step
from likeness.services.jobs.fail_job import fail_job


@step(FailJobInput)
def handler(job: FailJobInput) -> FailJobResult:
    return fail_job(
        job.job_id,
        job.error,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        ledger=bootstrap.ledger(),
        generator=bootstrap.generator(),
        keyed_hash=bootstrap.keyed_hash(),
        deletion=bootstrap.job_deletion(),
        clock=bootstrap.CLOCK,
    )
