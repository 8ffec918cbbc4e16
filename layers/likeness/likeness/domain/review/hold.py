"""A hold: photos that may be illegal are preserved, and a lead decides.

The hold outlives its job and its user's records: it has what a report to an authority needs.
docs/illegal-content.md says what the law asks of the operator.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Forbidden, HoldDecided
from likeness.domain.ids import (
    JobId,
    JobIdField,
    PhotoIdField,
    UserHash,
    UserIdField,
)
from likeness.domain.jobs.job import Job, Metadata
from likeness.domain.moment import Moment
from likeness.domain.record import Record, Versioned
from likeness.domain.review.audit import SYSTEM, AuditAction, AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from likeness.domain.review.case import Moderator


class HoldState(StrEnum):
    WAITING = "waiting"  # for a lead
    CONFIRMED = "confirmed"  # apparently illegal: to be reported
    RETURNED = "returned"  # not illegal: the copies are deleted, the job goes on


class HoldTrigger(StrEnum):
    HASH_MATCH = "hash_match"  # an upload matches the operator's list
    MODERATION = "moderation"  # nudity together with a doubt about age
    MODERATOR = "moderator"


Kind = Literal["upload", "photo"]


class PreservedFile(Record):
    """A copy in the hold bucket."""

    kind: Kind = Field(
        description="as the user sent it, or our upright JPEG of at most 2048 px without metadata"
    )
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    md5: str = Field(
        pattern=r"^[0-9a-f]{32}$",
        description="lists of known files have it",
        examples=["098f6bcd4621d373cade4e832627b4f6"],
    )
    size: int = Field(description="bytes")

    @classmethod
    def of(cls, kind: Kind, content: bytes) -> Self:
        return cls(
            kind=kind,
            sha256=hashlib.sha256(content).hexdigest(),
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            size=len(content),
        )

    def key(self, job_id: JobId) -> str:
        """Equal content has one key, so that a repeated copy stores nothing twice."""
        return f"{job_id}/{self.sha256}"


class HeldPhoto(Record):
    photo_id: PhotoIdField
    suspected: bool = Field(default=False, description="false: uploaded together with one that is")
    uploaded_at: AwareDatetime | None = None
    uploaded_from: str | None = Field(default=None, description="IP address, of a hash match")
    findings: tuple[str, ...] = Field(default=(), description="sources of moderation's findings")
    files: tuple[PreservedFile, ...] = ()
    preview: str | None = Field(default=None, description="base64; only while a lead decides")

    def merge(self, other: Self) -> Self:
        """Adds what another look at the same photo found."""
        files = {file.sha256: file for file in (*self.files, *other.files)}
        return self.model_copy(
            update={
                "suspected": self.suspected or other.suspected,
                "uploaded_at": self.uploaded_at or other.uploaded_at,
                "uploaded_from": self.uploaded_from or other.uploaded_from,
                "findings": tuple(dict.fromkeys((*self.findings, *other.findings))),
                "files": tuple(files.values()),
                "preview": self.preview or other.preview,
            }
        )


class Reported(Record):
    """A report that the operator made to an authority."""

    authority: str = Field(min_length=1, max_length=100, examples=["NCMEC"])
    reference: str = Field(min_length=1, max_length=200, examples=["194871023"])
    reported_at: Moment


class Hold(Versioned):
    """One for each job. While it is active its user can open no job."""

    job_id: JobIdField
    state: HoldState = HoldState.WAITING
    trigger: HoldTrigger
    held_at: AwareDatetime
    held_by: str = Field(default=SYSTEM, description="a moderator's id, or `system`")
    user_id: UserIdField
    user_hash: UserHash
    job_created_at: AwareDatetime
    metadata: Metadata = Field(default={}, description="the app's own, of the job")
    photos: tuple[HeldPhoto, ...] = ()
    decided_at: AwareDatetime | None = None
    decided_by: str | None = Field(default=None, description="the lead's id")
    blocked: bool = Field(default=True, description="the user can open no job")
    retain_until: AwareDatetime | None = Field(
        default=None, description="until then nothing deletes the copies"
    )
    reported: tuple[Reported, ...] = ()

    @classmethod
    def of(cls, job: Job, trigger: HoldTrigger, now: datetime, by: str = SYSTEM) -> Self:
        return cls(
            job_id=job.job_id,
            trigger=trigger,
            held_at=now,
            held_by=by,
            user_id=job.user_id,
            user_hash=job.user_hash,
            job_created_at=job.created_at,
            metadata=job.metadata,
        )

    @property
    def active(self) -> bool:
        return self.state is not HoldState.RETURNED

    @property
    def found_legal(self) -> bool:
        """Whether a lead knew the findings and returned the job. A match with the hash list is
        decided before moderation, so its return says nothing about what moderation finds."""
        return self.state is HoldState.RETURNED and self.trigger is not HoldTrigger.HASH_MATCH

    def again(self, job: Job, trigger: HoldTrigger, now: datetime, by: str) -> Self:
        """Opens a returned hold again, for something that was found later."""
        return self.change(
            state=HoldState.WAITING,
            trigger=trigger,
            held_at=now,
            held_by=by,
            blocked=True,
            metadata=job.metadata,
            decided_at=None,
            decided_by=None,
        )

    def add(self, photos: Iterable[HeldPhoto]) -> Self:
        found = {photo.photo_id: photo for photo in self.photos}
        for photo in photos:
            before = found.get(photo.photo_id)
            found[photo.photo_id] = before.merge(photo) if before else photo
        return self.change(photos=tuple(found[photo_id] for photo_id in sorted(found)))

    def require_lead(self, moderator: Moderator) -> None:
        if not moderator.lead:
            raise Forbidden("only leads decide about holds")
        if moderator.is_user(self.user_id):
            raise Forbidden("another lead decides about your own photos")

    def confirm(self, by: str, now: datetime, *, retain: timedelta) -> Self:
        """The previews are removed: they were for this decision."""
        return self._decide(HoldState.CONFIRMED, by, now, retain_until=now + retain)

    def return_(self, by: str, now: datetime) -> Self:
        """Only the decision remains. The user may open jobs again."""
        return self._decide(
            HoldState.RETURNED, by, now, blocked=False, photos=(), metadata={}, retain_until=None
        )

    def report(self, reported: Reported, *, retain: timedelta) -> Self:
        """The copies are retained from the report on (18 U.S.C. 2258A(h)), never shorter."""
        self.require_state(HoldState.CONFIRMED)
        until = max(self.retain_until or reported.reported_at, reported.reported_at + retain)
        return self.change(reported=(*self.reported, reported), retain_until=until)

    def lift_block(self) -> Self:
        self.require_state(HoldState.CONFIRMED)
        return self.change(blocked=False)

    def require_state(self, state: HoldState) -> None:
        if self.state is not state:
            raise HoldDecided(f"the hold of job {self.job_id} is {self.state}, not {state}")

    def _decide(self, state: HoldState, by: str, now: datetime, **fields: object) -> Self:
        self.require_state(HoldState.WAITING)
        photos = tuple(photo.model_copy(update={"preview": None}) for photo in self.photos)
        decided = {"state": state, "decided_by": by, "decided_at": now, "photos": photos}
        return self.change(**decided | fields)


def about_hold(
    hold: Hold,
    action: AuditAction,
    at: datetime,
    *,
    actor: str = SYSTEM,
    details: dict[str, str] | None = None,
) -> AuditEvent:
    """An event about a hold, without its user."""
    return AuditEvent(
        at=at,
        actor=actor,
        action=action,
        job_id=hold.job_id,
        details=details or {},
    )
