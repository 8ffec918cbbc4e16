"""Step StartInference: invokes the endpoint; its result goes to FinishInference."""

from likeness import bootstrap
from likeness.contracts import StartInferenceInput
from likeness.entrypoints.step import step
from likeness.services.generation.start_inference import start_inference


@step(StartInferenceInput)
def handler(job: StartInferenceInput) -> None:
    start_inference(
        job.job_id,
        job.attempt,
        job.task_token,
        jobs=bootstrap.jobs(),
        inferences=bootstrap.inferences(),
        work=bootstrap.work(),
        files=bootstrap.job_files(),
        endpoint=bootstrap.endpoint(),
        clock=bootstrap.CLOCK,
    )
