"""The retention policy: how long objects may live, and what the daily sweep reports."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from likeness.domain.ids import JobId
from likeness.domain.record import Record

AVATARS = "avatars"  # the bucket, and the folder of published avatars
FAILURES = "work/failures/"
LATE_DAYS = 2  # a lifecycle rule counts whole days and runs some hours later
PLACE = re.compile(r"^(?P<folder>[a-z]+)/(?P<job_id>j[0-9a-f]{32})/.")


class Retention(Record):
    """The retention policy: policy/retention.yaml."""

    version: str
    deadline_h: int = Field(gt=0, lt=24, description="h from creation to deletion of photos")
    photo_h: int = Field(description="h after the upload; promised to users")
    retry_minutes: int = Field(ge=1)
    settle_minutes: int = Field(description="age of an orphan, after its job ended")
    folders: Mapping[str, int] = Field(description="maximum age in hours, by folder")
    lifecycle: Mapping[str, Mapping[str, int]] = Field(description="days, by bucket and prefix")

    @property
    def deadline(self) -> timedelta:
        return timedelta(hours=self.deadline_h)

    def with_avatar_days(self, days: int) -> Self:
        """Returns the policy for avatars that live that long: the lifecycle rule, and the age from
        which the sweep reports an avatar that the rule should have deleted."""
        avatars = {**self.lifecycle[AVATARS], f"{AVATARS}/": days}
        return self.model_copy(
            update={
                "folders": {**self.folders, AVATARS: (days + LATE_DAYS) * 24},
                "lifecycle": {**self.lifecycle, AVATARS: avatars},
            }
        )

    @property
    def retry(self) -> timedelta:
        return timedelta(minutes=self.retry_minutes)


class SweepFinding(StrEnum):
    """Findings of the daily sweep. Each name is a metric."""

    OVERDUE = "Overdue"  # older than allowed
    ORPHAN = "Orphan"  # its job has ended, or does not exist
    STRANGER = "Stranger"  # an unknown key
    PARTS = "Parts"  # an unfinished multipart upload
    VERSIONS = "Versions"  # an old version or delete marker: the bucket was versioned earlier
    VERSIONING = "Versioning"
    REPLICATION = "Replication"
    LIFECYCLE = "Lifecycle"
    UNDELETED = "Undeleted"  # could not be deleted


def place_of(key: str) -> tuple[str, JobId] | None:
    """Returns folder and job id of a key; None for an unknown key."""
    found = PLACE.match(key)
    return (found["folder"], JobId(found["job_id"])) if found else None


def classify(
    key: str, created_at: datetime, now: datetime, *, wanted: bool, rules: Retention
) -> SweepFinding | None:
    """Returns the finding for an object, or None. `wanted`: its job may have objects there.

    Other objects are orphans after `settle_minutes`, when running writers have stopped.
    """
    age = now - created_at
    # Failures are named by SageMaker, without job id; they contain an error message.
    if key.startswith(FAILURES):
        return SweepFinding.OVERDUE if age > timedelta(hours=rules.folders["work"]) else None
    settled = age > timedelta(minutes=rules.settle_minutes)
    place = place_of(key)
    if place is None or place[0] not in rules.folders:
        return SweepFinding.STRANGER if settled else None
    if age > timedelta(hours=rules.folders[place[0]]):
        return SweepFinding.OVERDUE
    return SweepFinding.ORPHAN if settled and not wanted else None
