"""Step PrepareGeneration: the order for the container."""

from likeness import bootstrap
from likeness.contracts import Prepared, RoundRef
from likeness.entrypoints.step import step


@step(RoundRef)
def handler(job: RoundRef) -> Prepared:
    return bootstrap.prepare_generation(job.job_id, job.round)
