"""Stop GPU work: SageMaker training jobs, and attempts on the endpoint."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.generation.work_bucket import attempt_name
from likeness.domain.errors import NotFound, Unavailable
from likeness.domain.generation.inference import Inference, InferenceState

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

    from likeness.domain.ids import JobId
    from likeness.ports.generation import Inferences
    from likeness.ports.runtime import Clock

RUNNING = frozenset({"InProgress", "Stopping"})
# SageMaker returns both for an unknown job, and the second also for one that has ended.
NO_SUCH_JOB = ("ResourceNotFound", "ValidationException")


class TrainingJobs:
    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def stop(self, job_id: JobId, attempt: int) -> None:
        """A container has two minutes to end and writes checkpoints until then. They can be deleted
        only after that, so the caller retries while this raises Unavailable.
        """
        name = attempt_name(job_id, attempt)
        nothing = NotFound(f"attempt {attempt} of job {job_id} does not run")
        expected = dict.fromkeys(NO_SUCH_JOB, nothing)
        with suppress(NotFound), domain_errors(expected):
            self._client.stop_training_job(TrainingJobName=name)
        with suppress(NotFound), domain_errors(expected):
            status = self._client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
            if status in RUNNING:
                raise Unavailable(f"attempt {attempt} of job {job_id} is still stopping")


class AnyBackend:
    """Stops an attempt on both backends: a deployment may have changed the backend since."""

    def __init__(self, training: TrainingJobs, inferences: Inferences, clock: Clock) -> None:
        self._training = training
        self._inferences = inferences
        self._clock = clock

    def stop(self, job_id: JobId, attempt: int) -> None:
        """Async inference cannot be cancelled: the record is stopped, so that late results are
        discarded. Without a record, one is created, for a step that is about to invoke."""
        self._training.stop(job_id, attempt)
        try:
            inference = self._inferences.get(job_id, attempt)
        except NotFound:
            now, stopped = self._clock.now(), InferenceState.STOPPED
            self._inferences.save(
                Inference(job_id=job_id, attempt=attempt, requested_at=now, state=stopped)
            )
        else:
            if not inference.stopped:
                self._inferences.save(inference.stop())
