"""Step StartInference: the endpoint is asked to draw; the answer comes to FinishInference."""

from likeness.bootstrap import pipeline
from likeness.contracts import StartInferenceInput
from likeness.entrypoints.step import step


@step(StartInferenceInput)
def handler(job: StartInferenceInput) -> None:
    pipeline.start_inference(job.job_id, job.attempt, job.task_token)
