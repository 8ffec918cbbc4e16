"""Step SettleJob: spends the quota day, or returns it if too few avatars came out."""

from likeness import bootstrap
from likeness.contracts import JobRef
from likeness.contracts.jobs import SettleJobResult
from likeness.entrypoints.step import step
from likeness.services.jobs.settle_job import settle_job


@step(JobRef)
def handler(job: JobRef) -> SettleJobResult:
    return settle_job(
        job.job_id,
        jobs=bootstrap.jobs(),
        ledger=bootstrap.ledger(),
        durations=bootstrap.durations(),
        clock=bootstrap.CLOCK,
        avatar_lifetime=bootstrap.settings().avatar_lifetime,
    )
