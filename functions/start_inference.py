"""Step StartInference: invokes the endpoint; its result goes to FinishInference."""

from likeness import bootstrap
from likeness.contracts.generation import StartRunInput
from likeness.entrypoints.step import step
from likeness.services.generation.start_inference import start_inference


@step(StartRunInput)
def handler(job: StartRunInput) -> None:
    start_inference(
        job.job_id,
        job.attempt,
        job.task_token,
        jobs=bootstrap.jobs(),
        runs=bootstrap.runs(),
        work=bootstrap.work(),
        files=bootstrap.job_files(),
        endpoint=bootstrap.endpoint(),
        readiness=bootstrap.readiness(),
    )
