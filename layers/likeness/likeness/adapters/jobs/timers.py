"""Schedules of EventBridge Scheduler that end a job, or prove the deletion of its files."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.contracts.deletion import ProveDeletionInput
from likeness.contracts.jobs import EndJobInput

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

    from likeness.domain.ids import JobId


class Schedules:
    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role: str = "",
        state_machine: str = "",
        dead_letters: str = "",
    ) -> None:
        """Cancelling a timer needs no ARNs: of the role, the state machine and the queue."""
        self._client = client
        self._group = group
        self._role = role
        self._state_machine = state_machine
        self._dead_letters = dead_letters

    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        """The schedule deletes itself after it fired. It contains the job's id only."""
        with domain_errors(), suppress(self._client.exceptions.ConflictException):
            self._client.create_schedule(
                **self._name(job_id, error),
                ScheduleExpression=f"at({when.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._state_machine,
                    "RoleArn": self._role,
                    "Input": EndJobInput.of(job_id, error).model_dump_json(),
                    "RetryPolicy": {
                        "MaximumEventAgeInSeconds": 86400,
                        "MaximumRetryAttempts": 185,
                    },
                    "DeadLetterConfig": {"Arn": self._dead_letters},
                },
            )

    def cancel(self, job_id: JobId, error: str) -> None:
        with domain_errors(), suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_schedule(**self._name(job_id, error))

    def _name(self, job_id: JobId, error: str) -> Any:
        return {"Name": f"{job_id}-{error}", "GroupName": self._group}


class DeadlineSchedules:
    """A schedule that fires at a job's deadline, and repeatedly until it is deleted."""

    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role: str = "",
        function: str = "",
        dead_letters: str = "",
        every: timedelta,
    ) -> None:
        """Moving or deleting deadlines needs no ARNs: of the role, the function and the queue."""
        self._client = client
        self._group = group
        self._role = role
        self._function = function
        self._dead_letters = dead_letters
        self._every = f"rate({int(every.total_seconds() // 60)} minutes)"

    def set(self, job_id: JobId, *, when: datetime) -> None:
        with domain_errors(), suppress(self._client.exceptions.ConflictException):
            self._client.create_schedule(
                **self._name(job_id),
                ScheduleExpression=self._every,
                StartDate=when,
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={
                    "Arn": self._function,
                    "RoleArn": self._role,
                    "Input": ProveDeletionInput(job_id=job_id, overdue=True).model_dump_json(),
                    "RetryPolicy": {
                        "MaximumEventAgeInSeconds": 3600,
                        "MaximumRetryAttempts": 10,
                    },
                    "DeadLetterConfig": {"Arn": self._dead_letters},
                },
            )

    def move(self, job_id: JobId, *, when: datetime) -> None:
        """Scheduler replaces the whole schedule, so it is read first."""
        with domain_errors(), suppress(self._client.exceptions.ResourceNotFoundException):
            there = self._client.get_schedule(**self._name(job_id))
            self._client.update_schedule(
                **self._name(job_id),
                ScheduleExpression=self._every,
                StartDate=when,
                FlexibleTimeWindow=there["FlexibleTimeWindow"],
                Target=there["Target"],
            )

    def delete(self, job_id: JobId) -> None:
        with domain_errors(), suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_schedule(**self._name(job_id))

    def _name(self, job_id: JobId) -> Any:
        return {"Name": f"{job_id}-Deadline", "GroupName": self._group}
