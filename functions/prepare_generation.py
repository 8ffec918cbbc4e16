"""Step PrepareGeneration: the order for the container."""

from likeness.bootstrap import pipeline
from likeness.contracts import Prepared, RoundRef
from likeness.entrypoints.step import step


@step(RoundRef)
def handler(job: RoundRef) -> Prepared:
    return pipeline.prepare_generation(job.job_id, job.round)
