"""SageMaker's asynchronous inference endpoint, which keeps the model loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.generation.training_jobs import MAX_RUN_S
from likeness.adapters.s3 import object_keys as keys

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

    from likeness.domain.generation.run import Run

MEDIA_TYPE = "application/x-tar"
MAX_QUEUE_S = 3600  # scaling from zero instances takes minutes


class AsyncEndpoint:
    def __init__(self, client: SageMakerRuntimeClient, name: str, bucket: str) -> None:
        self._client = client
        self._name = name
        self._bucket = bucket

    def invoke(self, run: Run) -> str:
        """The response is written to the job's own folder, so that it is deleted with the job: the
        endpoint writes below `work/`, the path extension is the rest of the key."""
        with domain_errors():
            answer = self._client.invoke_endpoint_async(
                EndpointName=self._name,
                InputLocation=f"s3://{self._bucket}/{keys.request(run.job_id, run.attempt)}",
                ContentType=MEDIA_TYPE,
                Accept=MEDIA_TYPE,
                InferenceId=run.name,
                S3OutputPathExtension=f"{run.job_id}/{keys.endpoint_folder(run.attempt)}",
                Filename=keys.RESPONSE_FILE,
                RequestTTLSeconds=MAX_QUEUE_S,
                InvocationTimeoutSeconds=MAX_RUN_S,
            )
        return answer.get("FailureLocation", "")
