"""Step SettleJob: the day is spent, or given back where too few avatars came out."""

from likeness.bootstrap import pipeline
from likeness.contracts import JobRef, SettleJobResult
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> SettleJobResult:
    return pipeline.settle_job(job.job_id)
