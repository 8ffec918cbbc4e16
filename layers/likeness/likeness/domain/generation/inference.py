"""One round of drawing on the endpoint, and who waits for it."""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict
from likeness.domain.ids import JobIdField
from likeness.domain.record import Record


class InferenceState(StrEnum):
    ASKED = "asked"  # the endpoint is about to be told
    RUNNING = "running"  # it was told
    FAILED = "failed"  # it said that it failed: may be asked again
    STOPPED = "stopped"  # nobody wants it any more; what it still draws is deleted


class Inference(Record):
    """`version` counts its changes: a save needs the one it was read with.

    An endpoint cannot be told to stop. STOPPED is final, and whoever writes for an attempt looks
    afterwards whether it was stopped meanwhile: either the purge sees what was written, or the
    writer deletes it.
    """

    job_id: JobIdField
    attempt: int = Field(ge=1, le=2)
    version: int = 1
    state: InferenceState = InferenceState.ASKED
    asked_at: AwareDatetime
    task_token: str | None = None
    failure_uri: str | None = Field(default=None, description="where SageMaker writes a failure")

    @property
    def stopped(self) -> bool:
        return self.state is InferenceState.STOPPED

    def ask(self, task_token: str) -> Self:
        """A step that is replayed, or tried again, brings a newer token; Conflict once stopped."""
        if self.stopped:
            raise Conflict(f"round {self.attempt} of job {self.job_id} was stopped")
        running = self.state is InferenceState.RUNNING
        state = self.state if running else InferenceState.ASKED
        return self.change(state=state, task_token=task_token)

    def began(self, failure_uri: str) -> Self:
        """What happened meanwhile (it failed at once, it was stopped) stays so."""
        asked = self.state is InferenceState.ASKED
        state = InferenceState.RUNNING if asked else self.state
        return self.change(state=state, failure_uri=failure_uri)

    def fail(self) -> Self:
        return self if self.stopped else self.change(state=InferenceState.FAILED)

    def stop(self) -> Self:
        """Its token goes with it: nobody is answered for an attempt that was stopped."""
        return self.change(state=InferenceState.STOPPED, task_token=None)

    def change(self, **fields: object) -> Self:
        return self.model_validate(self.model_dump() | fields | {"version": self.version + 1})
