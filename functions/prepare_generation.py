"""Step PrepareGeneration: the order for the container."""

from likeness.bootstrap import pipeline
from likeness.contracts import AttemptRef, PrepareGenerationResult
from likeness.entrypoints.step import step


@step(AttemptRef)
def handler(job: AttemptRef) -> PrepareGenerationResult:
    return pipeline.prepare_generation(job.job_id, job.attempt)
