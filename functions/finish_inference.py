"""On each word from the endpoint: the pipeline goes on, or what came too late is deleted."""

from likeness.bootstrap import pipeline
from likeness.entrypoints.notification import InferenceEnded, on_inference


@on_inference
def handler(ended: InferenceEnded) -> bool:
    return pipeline.finish_inference(ended)
