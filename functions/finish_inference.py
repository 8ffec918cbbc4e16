"""SNS: resumes the pipeline after an inference, or deletes a late result."""

from likeness import bootstrap
from likeness.contracts.generation import InferenceEnded
from likeness.entrypoints.sns import on_inference
from likeness.services.generation.finish_inference import finish_inference


@on_inference
def handler(ended: InferenceEnded) -> bool:
    return finish_inference(
        ended,
        jobs=bootstrap.jobs(),
        runs=bootstrap.runs(),
        work=bootstrap.work(),
        workflow=bootstrap.workflow(),
        readiness=bootstrap.readiness(),
    )
