"""Step StartInference: the endpoint is asked to draw; the answer comes to FinishInference."""

from likeness.bootstrap import pipeline
from likeness.contracts import InferenceRequest
from likeness.entrypoints.step import step


@step(InferenceRequest)
def handler(job: InferenceRequest) -> None:
    pipeline.start_inference(job.job_id, job.round, job.task_token)
