"""The job's state machine: one execution a job, named by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.contracts import JobRef
from likeness.domain.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

    from likeness.domain.ids import JobId


class StepFunctions:
    def __init__(self, client: SFNClient, state_machine: str) -> None:
        self._client = client
        self._state_machine = state_machine

    def start(self, job_id: JobId) -> None:
        """Only the id goes in: Step Functions keeps what it is given for 90 days."""
        with domain_errors():
            try:
                self._client.start_execution(
                    stateMachineArn=self._state_machine,
                    name=job_id,
                    input=JobRef(job_id=job_id).model_dump_json(),
                )
            except self._client.exceptions.ExecutionAlreadyExists:
                return

    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        late = Conflict("the state machine waits for this no longer")
        with domain_errors({"TaskTimedOut": late, "TaskDoesNotExist": late, "InvalidToken": late}):
            self._client.send_task_success(taskToken=task_token, output=json.dumps(output))

    def fail(self, task_token: str, error: str) -> None:
        late = Conflict("the state machine waits for this no longer")
        with domain_errors({"TaskTimedOut": late, "TaskDoesNotExist": late, "InvalidToken": late}):
            self._client.send_task_failure(taskToken=task_token, error=error)

    def stop(self, job_id: JobId) -> None:
        """An execution that never began is as stopped as can be."""
        arn = self._state_machine.replace(":stateMachine:", ":execution:")
        with domain_errors():
            try:
                self._client.stop_execution(executionArn=f"{arn}:{job_id}")
            except self._client.exceptions.ExecutionDoesNotExist:
                return
