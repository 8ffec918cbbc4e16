"""Moments at which a job is ended whatever else happens, as one-time schedules."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.contracts import Ending

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

    from likeness.domain.ids import JobId


class Schedules:
    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role: str,
        state_machine: str,
    ) -> None:
        self._client = client
        self._group = group
        self._role = role
        self._state_machine = state_machine

    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        """A schedule deletes itself once it has fired. It knows the job's id and no more."""
        with domain_errors():
            try:
                self._client.create_schedule(
                    Name=f"{job_id}-{error}",
                    GroupName=self._group,
                    ScheduleExpression=f"at({when.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._state_machine,
                        "RoleArn": self._role,
                        "Input": Ending.of(job_id, error).model_dump_json(),
                        "RetryPolicy": {
                            "MaximumEventAgeInSeconds": 86400,
                            "MaximumRetryAttempts": 185,
                        },
                    },
                )
            except self._client.exceptions.ConflictException:
                return
