"""Step SettleJob: the day is spent, or given back where too few avatars came out."""

from likeness import bootstrap
from likeness.contracts import JobRef, Settled
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> Settled:
    return bootstrap.settle_job(job.job_id)
