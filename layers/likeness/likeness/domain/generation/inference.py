"""One generation attempt on the async endpoint, and the step that waits for it."""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict
from likeness.domain.ids import JobIdField
from likeness.domain.record import Versioned


class InferenceState(StrEnum):
    REQUESTED = "requested"  # about to be sent to the endpoint
    RUNNING = "running"  # the endpoint accepted it
    FAILED = "failed"  # the endpoint reported a failure: may be requested again
    STOPPED = "stopped"  # no longer needed; late results are deleted


class Inference(Versioned):
    """An async inference.

    It cannot be cancelled. STOPPED is final, and every writer reads the state again after writing:
    either the deletion sees the written objects, or the writer deletes them.
    """

    job_id: JobIdField
    attempt: int = Field(ge=1, le=2)
    state: InferenceState = InferenceState.REQUESTED
    requested_at: AwareDatetime
    task_token: str | None = None
    failure_uri: str | None = Field(default=None, description="S3 URI of SageMaker's error")

    @property
    def stopped(self) -> bool:
        return self.state is InferenceState.STOPPED

    def request(self, task_token: str) -> Self:
        """A replayed or retried step has a newer token. Raises Conflict once stopped."""
        if self.stopped:
            raise Conflict(f"attempt {self.attempt} of job {self.job_id} was stopped")
        running = self.state is InferenceState.RUNNING
        state = self.state if running else InferenceState.REQUESTED
        return self.change(state=state, task_token=task_token)

    def started(self, failure_uri: str) -> Self:
        """Only a requested attempt becomes running: failed and stopped ones keep their state."""
        requested = self.state is InferenceState.REQUESTED
        state = InferenceState.RUNNING if requested else self.state
        return self.change(state=state, failure_uri=failure_uri)

    def fail(self) -> Self:
        return self if self.stopped else self.change(state=InferenceState.FAILED)

    def stop(self) -> Self:
        """Also removes the task token: no step waits for a stopped attempt."""
        return self.change(state=InferenceState.STOPPED, task_token=None)
