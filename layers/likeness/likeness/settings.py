"""Settings of a function, read and validated from the environment that the template sets."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field

from likeness.domain.account.consent import ConsentVersions, consent_versions
from likeness.domain.generation.engine import Backend, Engine
from likeness.domain.record import Record
from likeness.domain.review.sampling import ReviewPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "LIKENESS_"


class Settings(Record):
    """Every function has the first three; the template sets the others where needed."""

    table: str
    photos_bucket: str
    avatars_bucket: str
    release: str = Field(default="none", description="digest; a dimension of metrics")
    call_seconds: int = Field(default=20, gt=0, description="longest wait for a response of AWS")
    call_attempts: int = Field(default=7, ge=1, description="of a call of AWS")
    state_machine: str | None = Field(default=None, description="ARN; for functions that start it")
    consent_versions: str = Field(default="2026-11", description="accepted, comma separated")
    test_mode: bool = Field(default=False, description="on or off: accepts test jobs")
    submit_within_minutes: int = Field(default=60, ge=1)
    review_seconds: int = Field(default=43200, gt=0)
    inspect_function: str | None = None
    engine: Engine = Field(default="painter", description="engine that draws; part of each order")
    weights_uri: str | None = Field(default=None, description="S3 URI of the engine's weights")
    endpoint: str | None = Field(default=None, description="name; for functions that invoke it")
    stage: str | None = Field(default=None, description="tag of training jobs")
    training_image: str | None = Field(default=None, description="with its digest")
    training_role: str | None = Field(default=None, description="ARN; passed to SageMaker")
    training_instance: str | None = Field(default=None, description="instance type")
    training_volume_gb: int = Field(default=30, ge=1)
    warm_pool_seconds: int = Field(default=0, ge=0, description="0: no warm pool")
    bucket_key: str | None = Field(default=None, description="ARN of the KMS key of the buckets")
    accepted_detector_versions: str = Field(
        default="", description="besides those in the policy, comma separated"
    )
    erasure_machine: str | None = Field(
        default=None, description="ARN of the erasure state machine"
    )
    schedule_group: str | None = Field(default=None, description="schedule group of the timers")
    schedule_role: str | None = Field(default=None, description="ARN of the timers' role")
    dead_letter_queue: str | None = Field(
        default=None, description="ARN; for schedules that could not be delivered"
    )
    keys: str = Field(default="", description="ARNs of the stage's KMS keys, comma separated")
    hash_key: str | None = Field(default=None, description="ARN of the KMS key of keyed hashes")
    signing_key: str | None = Field(default=None, description="ARN of the KMS key of credentials")
    certificates: str | None = Field(default=None, description="path in Parameter Store")
    hold_bucket: str | None = Field(default=None, description="name of the hold bucket")
    hold_days: int = Field(default=365, ge=1, description="copies are retained after a report")
    hash_list: str | None = Field(
        default=None, description="bucket/key of the operator's PDQ hashes"
    )
    receipt_keys: str | None = Field(
        default=None,
        description="ARNs of the KMS keys of receipts, the first signs",
    )
    receipt_issuer: str = Field(default="likeness", description="issuer in receipts")
    prove_function: str | None = Field(default=None, description="ARN; invoked at a deadline")
    deadline_role: str | None = Field(default=None, description="ARN of the deadlines' role")
    backend: Backend = "training-job"
    avatar_days: int = Field(default=30, ge=1)
    event_bus: str | None = Field(default=None, description="name of the event bus")
    event_dead_letter_queue: str | None = Field(default=None, description="URL")
    delivery_queue: str | None = Field(default=None, description="URL; of chains that are due")
    webhook_key: str | None = Field(default=None, description="ARN of the KMS key of secrets")
    webhook_rate: int = Field(default=50, ge=1, description="calls of one webhook a second")
    webhook_loopback: bool = Field(
        default=False, description="webhooks on 127.0.0.1 are allowed: on a laptop only"
    )
    moderator_pool: str | None = Field(default=None, description="id of the moderators' user pool")
    idempotency_table: str | None = Field(default=None, description="of cached responses")
    review_policy: str = Field(default="flagged", description="flagged, all or sample:N")
    known_cases: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9.-]+/([^/]+/)*$",
        description="bucket/prefix/ of the operator's known cases",
    )
    known_percent: float = Field(default=5, gt=0, le=20, description="share of known cases")
    second_review_percent: float = Field(default=5, ge=0, le=100)
    second_review_seconds: int = Field(default=1800, gt=0)
    undo_seconds: int = Field(default=10, ge=0, le=60, description="to undo a decision")
    decision_queue: str | None = Field(default=None, description="URL; of pending decisions")
    lease_seconds: int = Field(default=120, ge=10)
    exposure_budget: int = Field(default=1000, ge=1, description="points a moderator and day")
    appeal_seconds: int = Field(default=72000, gt=0, description="time to decide an appeal")

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Reads the LIKENESS_* variables. A missing or unknown one is an error that names it."""
        found = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        return cls.model_validate(found)

    @property
    def backend_and_engine(self) -> str:
        """As a job has it: durations of other backends and engines say nothing about it."""
        return f"{self.backend}.{self.engine}"

    @property
    def submit_within(self) -> timedelta:
        return timedelta(minutes=self.submit_within_minutes)

    @property
    def decide_within(self) -> timedelta:
        return timedelta(seconds=self.review_seconds)

    @property
    def retain(self) -> timedelta:
        return timedelta(days=self.hold_days)

    @property
    def avatar_lifetime(self) -> timedelta:
        return timedelta(days=self.avatar_days)

    @property
    def consents(self) -> ConsentVersions:
        return consent_versions(version.strip() for version in self.consent_versions.split(","))

    @property
    def accepted_detectors(self) -> list[str]:
        return [version.strip() for version in self.accepted_detector_versions.split(",")]

    @property
    def reviewed(self) -> ReviewPolicy:
        return ReviewPolicy.read(self.review_policy)

    @property
    def decide_second_within(self) -> timedelta:
        return timedelta(seconds=self.second_review_seconds)

    @property
    def undo(self) -> timedelta:
        return timedelta(seconds=self.undo_seconds)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def decide_appeal_within(self) -> timedelta:
        return timedelta(seconds=self.appeal_seconds)
