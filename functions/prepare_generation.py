"""Step PrepareGeneration: writes the container's order."""

from likeness import bootstrap
from likeness.contracts import AttemptRef
from likeness.contracts.generation import PrepareGenerationResult
from likeness.entrypoints.step import step
from likeness.services.generation.prepare_generation import prepare_generation


@step(AttemptRef)
def handler(job: AttemptRef) -> PrepareGenerationResult:
    return prepare_generation(
        job.job_id,
        job.attempt,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        holds=bootstrap.holds(),
        work=bootstrap.work(),
        readiness=bootstrap.readiness(),
        clock=bootstrap.CLOCK,
        engine=bootstrap.settings().engine,
        backend=bootstrap.settings().backend,
    )
