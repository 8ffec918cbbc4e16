"""What the template tells a function through its environment, checked once."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import Field

from likeness.contracts import Engine
from likeness.domain.record import Record
from likeness.domain.review.case import ReviewPolicy

PREFIX = "LIKENESS_"


class Settings(Record):
    """Every function has the first three; the others where the template gives them."""

    table: str
    photos_bucket: str
    avatars_bucket: str
    state_machine: str | None = Field(default=None, description="ARN; only for those who start it")
    consent_versions: str = Field(default="2026-11", description="in force, comma separated")
    submit_within_minutes: int = Field(default=60, ge=1)
    review_seconds: int = Field(default=43200, gt=0)
    inspect_function: str | None = None
    engine: Engine = Field(default="painter", description="that draws; each order names it")
    weights_uri: str | None = Field(default=None, description="s3 prefix of the engine's weights")
    endpoint: str | None = Field(default=None, description="only for those who ask it")
    erasure_machine: str | None = Field(default=None, description="ARN; only for who starts it")
    schedule_group: str | None = Field(default=None, description="where timers are set")
    schedule_role: str | None = Field(default=None, description="ARN that timers act with")
    hash_key: str | None = Field(default=None, description="ARN of the KMS key of keyed hashes")
    signing_key: str | None = Field(default=None, description="ARN of the KMS key of credentials")
    certificates: str | None = Field(default=None, description="folder in the parameter store")
    receipt_key: str | None = Field(default=None, description="ARN of the KMS key of receipts")
    receipt_issuer: str = Field(default="likeness", description="who signs receipts")
    prove_function: str | None = Field(default=None, description="ARN; what a deadline invokes")
    deadline_role: str | None = Field(default=None, description="ARN that deadlines act with")
    backend: str = Field(default="training-job", description="how avatars are drawn")
    avatar_days: int = Field(default=30, ge=1)
    event_bus: str | None = Field(default=None, description="only for the one that announces")
    event_dead_letter_queue: str | None = Field(default=None, description="URL; likewise")
    idempotency_table: str | None = Field(default=None, description="for those who keep answers")
    review_policy: str = Field(default="flagged", description="flagged, all or sample:N")
    second_review_percent: float = Field(default=5, ge=0, le=100)
    second_review_seconds: int = Field(default=1800, gt=0)
    lease_seconds: int = Field(default=120, ge=10)
    exposure_budget: int = Field(default=200, ge=1, description="pictures a moderator and day")
    appeal_seconds: int = Field(default=72000, gt=0, description="for a lead to decide an appeal")

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """From LIKENESS_* variables. A missing or unknown one is an error that names it."""
        found = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        return cls.model_validate(found)

    @property
    def submit_within(self) -> timedelta:
        return timedelta(minutes=self.submit_within_minutes)

    @property
    def decide_within(self) -> timedelta:
        return timedelta(seconds=self.review_seconds)

    @property
    def avatar_lifetime(self) -> timedelta:
        return timedelta(days=self.avatar_days)

    @property
    def consents(self) -> frozenset[str]:
        return frozenset(version.strip() for version in self.consent_versions.split(","))

    @property
    def reviewed(self) -> ReviewPolicy:
        return ReviewPolicy.read(self.review_policy)

    @property
    def decide_second_within(self) -> timedelta:
        return timedelta(seconds=self.second_review_seconds)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def decide_appeal_within(self) -> timedelta:
        return timedelta(seconds=self.appeal_seconds)
