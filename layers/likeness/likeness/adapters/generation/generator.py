"""GPU work, stopped: SageMaker training jobs, and attempts that the endpoint draws."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.generation.work_bucket import training_job_name
from likeness.domain.errors import NotFound, Unavailable
from likeness.domain.generation.inference import Inference, InferenceState

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

    from likeness.domain.ids import JobId
    from likeness.ports.runtime import Clock

RUNNING = frozenset({"InProgress", "Stopping"})
# SageMaker says both of a job it does not know, and the second also of one that is over.
NO_SUCH_JOB = ("ResourceNotFound", "ValidationException")


class TrainingJobs:
    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def stop(self, job_id: JobId, attempt: int) -> None:
        """Stop the attempt, and see it over; Unavailable while it is still stopping.

        A container has two minutes to end and writes checkpoints until then. Whoever deletes them
        must come after that, so the caller tries again.
        """
        name = training_job_name(job_id, attempt)
        nothing = NotFound(f"round {attempt} of job {job_id} does not run")
        foreseen = dict.fromkeys(NO_SUCH_JOB, nothing)
        with suppress(NotFound), domain_errors(foreseen):
            self._client.stop_training_job(TrainingJobName=name)
        with suppress(NotFound), domain_errors(foreseen):
            status = self._client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
            if status in RUNNING:
                raise Unavailable(f"round {attempt} of job {job_id} is still stopping")


class Inferences(Protocol):
    def get(self, job_id: JobId, attempt: int) -> Inference: ...
    def save(self, inference: Inference) -> None: ...


class AnyBackend:
    """Stops an attempt whichever way it went: the backend may have been changed by a deployment."""

    def __init__(self, training: TrainingJobs, inferences: Inferences, clock: Clock) -> None:
        self._training = training
        self._inferences = inferences
        self._clock = clock

    def stop(self, job_id: JobId, attempt: int) -> None:
        """The endpoint cannot be told. The record is, so that nobody publishes what it draws, and
        whatever still arrives is deleted; one is made where there is none yet, for a step that is
        just about to ask."""
        self._training.stop(job_id, attempt)
        try:
            inference = self._inferences.get(job_id, attempt)
        except NotFound:
            inference = Inference(
                job_id=job_id,
                attempt=attempt,
                asked_at=self._clock.now(),
                state=InferenceState.STOPPED,
            )
        else:
            if inference.stopped:
                return
            inference = inference.stop()
        self._inferences.save(inference)
