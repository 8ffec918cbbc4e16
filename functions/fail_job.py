"""Step FailJob: GPU work stopped, everything deleted, the day settled, the reason said."""

from likeness.bootstrap import pipeline
from likeness.contracts import Failure, Settled
from likeness.entrypoints.step import step


@step(Failure)
def handler(job: Failure) -> Settled:
    return pipeline.fail_job(job.job_id, job.error)
