"""Step FailJob: GPU work stopped, everything deleted, the day settled, the reason said."""

from likeness.bootstrap import pipeline
from likeness.contracts import FailJobInput, SettleJobResult
from likeness.entrypoints.step import step


@step(FailJobInput)
def handler(job: FailJobInput) -> SettleJobResult:
    return pipeline.fail_job(job.job_id, job.error)
