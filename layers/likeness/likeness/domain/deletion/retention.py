"""How long what lies in the buckets may live, and what of it is older or stranger than that."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from likeness.domain.ids import JobId
from likeness.domain.record import Record

AVATARS = "avatars"  # both the bucket and the folder of what is published
FAILURES = "work/failures/"
LATE_DAYS = 2  # a lifecycle counts whole days, and acts some hours after
PLACE = re.compile(r"^(?P<folder>[a-z]+)/(?P<job_id>j[0-9a-f]{32})/.")


class Retention(Record):
    """The retention policy: policy/retention.yaml."""

    version: str
    deadline_h: int = Field(gt=0, lt=24, description="a job's photos are deleted then, h after it")
    photo_h: int = Field(description="what we promise, h")
    retry_minutes: int = Field(ge=1)
    settle_minutes: int = Field(description="of an ended or unknown job, before it is an orphan")
    folders: Mapping[str, int] = Field(description="hours that an object may live, by folder")
    lifecycle: Mapping[str, Mapping[str, int]] = Field(description="days: bucket, prefix")

    @property
    def deadline(self) -> timedelta:
        return timedelta(hours=self.deadline_h)

    def keeping_avatars(self, days: int) -> Self:
        """The policy of a deployment whose avatars stay that long: its lifecycle, and a sweep that
        waits until that has had its time."""
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
    """What a sweep may find. A metric of each name is reported."""

    OVERDUE = "Overdue"  # older than promised
    ORPHAN = "Orphan"  # its job ended, or there is none
    STRANGER = "Stranger"  # a key that no part of ours writes
    PARTS = "Parts"  # a multipart upload that never ended
    VERSIONS = "Versions"  # an old version or delete marker: the bucket was versioned once
    VERSIONING = "Versioning"
    REPLICATION = "Replication"
    LIFECYCLE = "Lifecycle"
    UNDELETED = "Undeleted"  # found, and could not be deleted


def place_of(key: str) -> tuple[str, JobId] | None:
    """Folder and job of a key; None for a key that is none of ours."""
    found = PLACE.match(key)
    return (found["folder"], JobId(found["job_id"])) if found else None


def classify(
    key: str, created_at: datetime, now: datetime, *, wanted: bool, rules: Retention
) -> SweepFinding | None:
    """What is wrong with an object, if anything is. `wanted`: its job may have something there.

    What nobody wants is an orphan, once whatever still writes has had time to stop.
    """
    age = now - created_at
    if key.startswith(FAILURES):  # SageMaker names them, by no job; they hold an error's text
        return SweepFinding.OVERDUE if age > timedelta(hours=rules.folders["work"]) else None
    settled = age > timedelta(minutes=rules.settle_minutes)
    place = place_of(key)
    if place is None or place[0] not in rules.folders:
        return SweepFinding.STRANGER if settled else None
    if age > timedelta(hours=rules.folders[place[0]]):
        return SweepFinding.OVERDUE
    return SweepFinding.ORPHAN if settled and not wanted else None
