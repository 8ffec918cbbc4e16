"""Messages of steps about a job, and the errors that end one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from likeness.contracts import Contract, JobRef
from likeness.domain.jobs.job import JobState

if TYPE_CHECKING:
    from likeness.domain.ids import JobId


class JobError(StrEnum):
    """Names of errors that the state machine, the templates and the use cases share.

    FailJob also gets the names of exceptions and of AWS's own errors.
    """

    REFUSED = "Refused"  # by moderation or by a moderator; set by the state machine
    NO_AVATARS = "NoAvatars"  # none was approved; set by the state machine
    CANCELLED = "Cancelled"  # by the user
    DELETED = "Deleted"  # the avatars of a completed job, by the user
    NOT_SUBMITTED = "NotSubmitted"  # in time; set by the job's timer
    CLOSED = "Closed"  # a lead confirmed a hold
    DEADLINE = "Deadline"  # of the job's deletion; set by the job's schedule
    STOPPED = "Stopped"  # the execution was stopped or timed out; set by an EventBridge rule
    GENERATION_FAILED = "GenerationFailed"  # on the backend; set by FinishTraining, FinishInference
    NO_CAPACITY = "CapacityError"  # for a training job or inference: another try follows


class StartJobInput(JobRef):
    """Input of a submitted job's execution. Only a test job has `test`."""

    test: Literal[True] | None = None


class RunTestResult(JobRef):
    """What the state machine does next: `wait` for some seconds and run the test again, ask for a
    `review`, `fail` with the error, or `finish` the job, whose avatars are published.
    """

    next: Literal["wait", "review", "fail", "finish"]
    wait_s: int = Field(default=0, ge=0)
    error: str = Field(default="TestFailure", min_length=1)


class SettleJobResult(JobRef):
    state: JobState


class FailJobResult(SettleJobResult):
    """`late`: a timer fired for a job that was submitted, so this execution has nothing to end."""

    late: bool = False


class CaughtError(Contract):
    """An error name, in the form of the state machine's catchers."""

    Error: str = Field(min_length=1, pattern=r"^[A-Za-z.]+$")


class EndJobInput(JobRef):
    """Input of an execution that goes directly to FailJob, with the reason to end the job."""

    failure: CaughtError

    @classmethod
    def of(cls, job_id: JobId, error: str) -> Self:
        return cls(job_id=job_id, failure=CaughtError(Error=error))


class FailJobInput(JobRef):
    """FailJob's input: a JobError, or the error's name as the state machine caught it."""

    error: str = Field(min_length=1)
