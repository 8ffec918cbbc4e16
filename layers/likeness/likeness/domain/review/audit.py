"""The audit log of the review desk: append-only; each entry has the hash of the previous one."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, ReviewIdField
from likeness.domain.record import Record
from likeness.domain.review.case import Review

GENESIS = "0" * 64  # `previous` of the first entry
SYSTEM = "system"  # the actor if it is no moderator


class AuditAction(StrEnum):
    OPENED = "opened"
    CLAIMED = "claimed"
    RELEASED = "released"
    REVEALED = "revealed"
    APPROVED = "approved"
    REFUSED = "refused"
    UNDONE = "undone"
    COMPLETED = "completed"  # the decision took effect
    SKIPPED = "skipped"
    ESCALATED = "escalated"
    RETURNED = "returned"
    NOTED = "noted"
    OVERTURNED = "overturned"  # by a lead, without an appeal
    EXPORTED = "exported"  # a lead read a part of the audit log
    EXPIRED = "expired"
    HELD = "held"  # perhaps illegal: copies are preserved, and a lead decides
    HOLD_CONFIRMED = "hold_confirmed"
    HOLD_RETURNED = "hold_returned"
    BLOCK_LIFTED = "block_lifted"
    REPORT_EXPORTED = "report_exported"
    REPORTED = "reported"  # to an authority
    KNOWN_SCORED = "known_scored"  # the case was a known one; names it in its details
    AGE_ASSURED = "age_assured"  # the app's word removed a doubt about age; no case was opened
    EXPOSURE_ASKED = "exposure_asked"
    EXPOSURE_GRANTED = "exposure_granted"
    STAFF_INVITED = "staff_invited"
    STAFF_CHANGED = "staff_changed"
    STAFF_DELETED = "staff_deleted"
    AUTHENTICATOR_RESET = "authenticator_reset"
    SWITCHED = "switched"  # by an operator, from a shell: a stop, a style, an engine


class AuditEvent(Record):
    """An action at the review desk, not chained yet. Contains no user id and no URL."""

    at: AwareDatetime
    actor: str = Field(default=SYSTEM, description="a moderator's id, or `system`")
    action: AuditAction
    review_id: ReviewIdField | None = None
    job_id: JobIdField | None = None
    details: dict[str, str] = {}


def about(
    review: Review,
    action: AuditAction,
    at: datetime,
    *,
    actor: str = SYSTEM,
    details: dict[str, str] | None = None,
) -> AuditEvent:
    """An event about a case."""
    return AuditEvent(
        at=at,
        actor=actor,
        action=action,
        review_id=review.review_id,
        job_id=review.job_id,
        details=details or {},
    )


class ChainHead(Record):
    """The last entry. Stored elsewhere, it shows later whether the log was truncated."""

    number: int = 0
    hash: str = GENESIS


class AuditEntry(AuditEvent):
    """An audit event in the chain. `hash` covers every other field."""

    number: int = Field(ge=1)
    previous: str
    hash: str = ""

    @classmethod
    def after(cls, head: ChainHead, audit_event: AuditEvent) -> Self:
        entry = cls(**audit_event.model_dump(), number=head.number + 1, previous=head.hash)
        return entry.model_copy(update={"hash": entry.digest()})

    def digest(self) -> str:
        """SHA-256 of the fields as JSON, names in order, without spaces."""
        fields = self.model_dump(mode="json", exclude={"hash"})
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def head(self) -> ChainHead:
        return ChainHead(number=self.number, hash=self.hash)


class BrokenChain(Exception):  # noqa: N818 - a result, not a fault
    """The chain is broken; the message says where."""


def verify(
    entries: Iterable[AuditEntry], head: ChainHead, *, noted: ChainHead | None = None
) -> ChainHead:
    """Verifies the chain from its first entry and returns its head.

    Raises BrokenChain if an entry was changed, removed or reordered, or if `noted`, a chain head
    from an earlier run, is not in the chain.
    """
    last, found = ChainHead(), noted is None or noted == ChainHead()
    for entry in entries:
        if entry.number != last.number + 1:
            raise BrokenChain(f"entry {last.number + 1} is missing: the next one is {entry.number}")
        if entry.previous != last.hash:
            raise BrokenChain(f"entry {entry.number} does not have the hash of the previous one")
        if entry.hash != entry.digest():
            raise BrokenChain(f"entry {entry.number} was changed")
        last = entry.head
        found = found or last == noted
    if last != head:
        raise BrokenChain(
            f"the stored chain head is entry {head.number}, but the last entry is {last.number}"
        )
    if not found and noted:
        raise BrokenChain(f"the noted chain head, entry {noted.number}, is not in the audit log")
    return last
