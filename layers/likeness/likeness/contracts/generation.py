"""Messages of the steps that draw and publish avatars."""

from pydantic import Field

from likeness.contracts import AttemptRef, JobRef
from likeness.contracts.jobs import JobError
from likeness.domain.generation.engine import Backend


class PrepareGenerationResult(AttemptRef):
    backend: Backend


class StartRunInput(AttemptRef):
    """Input of StartTraining and StartInference: the result completes the task of this token."""

    task_token: str


class TrainingEnded(AttemptRef):
    """SageMaker's event about a training job. The use case asks SageMaker how it ended."""

    tries: int = Field(ge=1, description="number of the try within the attempt")


class InferenceEnded(TrainingEnded):
    """SageMaker's notification about an async inference."""

    error: JobError | None = None


class UnpackAvatarsResult(AttemptRef):
    avatars: int = Field(ge=0)


class ModerateAvatarsResult(AttemptRef):
    """`redraw`: avatars were refused or not drawn, and attempt 2 is available."""

    redraw: bool
    approved: int


class PublishAvatarsResult(JobRef):
    avatars: int = Field(ge=0)
