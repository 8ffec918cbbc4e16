"""The state machines on Step Functions. One execution runs a job, another one may end it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.contracts.account import ErasureRef
from likeness.contracts.jobs import EndJobInput, StartJobInput
from likeness.domain.errors import Conflict, LikenessError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

    from likeness.contracts import Contract
    from likeness.domain.ids import ErasureId, JobId

TASK_IS_OVER = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


class StepFunctions:
    def __init__(
        self, client: SFNClient, state_machine: str = "", erasure_machine: str = ""
    ) -> None:
        """A function has only the ARNs of the state machines that it may start."""
        self._client = client
        self._state_machine = state_machine
        self._erasure_machine = erasure_machine

    def start(self, job_id: JobId, *, test: bool = False) -> None:
        message = StartJobInput(job_id=job_id, test=test or None)
        self._start(self._state_machine, job_id, message)

    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        with domain_errors(_late()):
            self._client.send_task_success(taskToken=task_token, output=json.dumps(output))

    def fail(self, task_token: str, error: str) -> None:
        with domain_errors(_late()):
            self._client.send_task_failure(taskToken=task_token, error=error)

    def stop(self, job_id: JobId) -> None:
        """An execution that was never started counts as stopped.

        The ARN of an execution names the machine, never the alias that started it.
        """
        machine = ":".join(self._state_machine.split(":")[:7])
        arn = machine.replace(":stateMachine:", ":execution:")
        with domain_errors(), suppress(self._client.exceptions.ExecutionDoesNotExist):
            self._client.stop_execution(executionArn=f"{arn}:{job_id}")

    def end(self, job_id: JobId, error: str) -> None:
        """Another execution of the same state machine, whose input leads directly to FailJob.

        Its name has another prefix than a job's, so that the rule on stopped executions can
        distinguish the two.
        """
        message = EndJobInput.of(job_id, error)
        self._start(self._state_machine, f"end-{job_id}-{error}", message)

    def erase(self, erasure_id: ErasureId) -> None:
        self._start(self._erasure_machine, erasure_id, ErasureRef(erasure_id=erasure_id))

    def _start(self, state_machine: str, name: str, message: Contract) -> None:
        """The input contains ids only: Step Functions stores it for 90 days."""
        with domain_errors(), suppress(self._client.exceptions.ExecutionAlreadyExists):
            self._client.start_execution(
                stateMachineArn=state_machine,
                name=name,
                input=message.model_dump_json(exclude_none=True),
            )


def _late() -> dict[str, LikenessError]:
    late = Conflict("the state machine does not wait for this task any more")
    return dict.fromkeys(TASK_IS_OVER, late)
