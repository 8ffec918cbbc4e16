"""The endpoint that keeps the model loaded: SageMaker's asynchronous inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.s3 import object_keys as keys

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

    from likeness.domain.ids import JobId

MEDIA_TYPE = "application/x-tar"
QUEUED_AT_MOST_S = 3600  # from no instance at all it takes minutes until the first is there
DRAWN_WITHIN_S = 1800  # as long as a training job may run


def inference_id(job_id: JobId, attempt: int) -> str:
    """SageMaker's name of an attempt, which its message about the end brings back."""
    return f"likeness-{job_id}-r{attempt}"


class AsyncEndpoint:
    def __init__(self, client: SageMakerRuntimeClient, name: str, bucket: str) -> None:
        self._client = client
        self._name = name
        self._bucket = bucket

    def invoke(self, job_id: JobId, attempt: int) -> str:
        """The answer is to lie in the job's own folder, so that its purge finds it: the endpoint
        writes below `work/`, and this names the rest."""
        at = (job_id, attempt)
        with domain_errors():
            answer = self._client.invoke_endpoint_async(
                EndpointName=self._name,
                InputLocation=f"s3://{self._bucket}/{keys.request(*at)}",
                ContentType=MEDIA_TYPE,
                Accept=MEDIA_TYPE,
                InferenceId=inference_id(*at),
                S3OutputPathExtension=f"{job_id}/{keys.endpoint_folder(attempt)}",
                Filename=keys.RESPONSE_FILE,
                RequestTTLSeconds=QUEUED_AT_MOST_S,
                InvocationTimeoutSeconds=DRAWN_WITHIN_S,
            )
        return answer.get("FailureLocation", "")
