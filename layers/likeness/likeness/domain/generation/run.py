"""The work of a generation backend for one attempt, and the step that waits for it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict
from likeness.domain.ids import JobIdField
from likeness.domain.record import Versioned

if TYPE_CHECKING:
    from datetime import datetime

# A training job or an inference of ours. SageMaker uses a training job's name only once, also after
# it failed, and takes 63 characters at most.
RUN_NAME = re.compile(r"likeness-(?P<job_id>j[0-9a-f]{32})-a(?P<attempt>[12])-t(?P<tries>[1-9]\d*)")


class RunState(StrEnum):
    REQUESTED = "requested"  # about to be sent to the backend
    RUNNING = "running"  # the backend accepted it
    FAILED = "failed"  # the backend reported a failure: may be tried again
    STOPPED = "stopped"  # no longer needed; late results are deleted


class Run(Versioned):
    """One attempt on a generation backend. Only after a try has failed is there another one.

    STOPPED is final, and every writer reads the state again after writing: either the deletion sees
    the written objects, or the writer deletes them.
    """

    job_id: JobIdField
    attempt: int = Field(ge=1, le=2)
    tries: int = Field(default=1, ge=1, description="that were requested; the last one may run")
    state: RunState = RunState.REQUESTED
    requested_at: AwareDatetime
    task_token: str | None = None
    failure_uri: str | None = Field(default=None, description="S3 URI of the endpoint's error")

    @property
    def name(self) -> str:
        return f"likeness-{self.job_id}-a{self.attempt}-t{self.tries}"

    @property
    def stopped(self) -> bool:
        return self.state is RunState.STOPPED

    def request(self, task_token: str, now: datetime) -> Self:
        """A replayed step has a newer token. Raises Conflict once stopped."""
        if self.stopped:
            raise Conflict(f"attempt {self.attempt} of job {self.job_id} was stopped")
        if self.state is not RunState.FAILED:
            return self.change(task_token=task_token)
        return self.change(
            state=RunState.REQUESTED,
            tries=self.tries + 1,
            requested_at=now,
            task_token=task_token,
            failure_uri=None,
        )

    def started(self, failure_uri: str | None = None) -> Self:
        """Only a requested attempt becomes running: failed and stopped ones keep their state."""
        requested = self.state is RunState.REQUESTED
        state = RunState.RUNNING if requested else self.state
        return self.change(state=state, failure_uri=failure_uri)

    def fail(self) -> Self:
        return self if self.stopped else self.change(state=RunState.FAILED)

    def stop(self) -> Self:
        """Also removes the task token: no step waits for a stopped attempt."""
        return self.change(state=RunState.STOPPED, task_token=None)
