"""The audit log of the review desk: append-only; each entry has the hash of the previous one.

It has several chains, so that many events can be written at once. All events about one job are in
one chain. A daily anchor signs the heads of all chains, so that a deleted or truncated chain shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, ReviewIdField, shard_of
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from likeness.domain.review.case import Review

# One chain takes some tens of events a second: each is a transaction on its head. At a million jobs
# a day, all reviewed, there are 90 events a second on average.
CHAINS = 32
GENESIS = "0" * 64  # `previous` of the first anchor
ANCHOR_OVERDUE = timedelta(hours=26)
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


def chain_of(audit_event: AuditEvent) -> int:
    """Returns the chain of an event: all about one job, or without a job all of one actor."""
    return shard_of(audit_event.job_id or audit_event.actor, CHAINS)


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
    """The last entry of a chain, or its start. Stored elsewhere, it shows later whether the chain
    was truncated.
    """

    chain: int = Field(default=0, ge=0)
    number: int = Field(ge=0)
    hash: str

    @classmethod
    def start(cls, chain: int) -> Self:
        """Before the first entry of a chain, whose `previous` is the chain's number."""
        return cls(chain=chain, number=0, hash=f"{chain:064x}")


class AuditEntry(AuditEvent):
    """An audit event in a chain. `hash` covers every other field, and through `previous` of the
    chain's first entry the chain.
    """

    chain: int = Field(default=0, ge=0)
    number: int = Field(ge=1)
    previous: str
    hash: str = ""

    @classmethod
    def after(cls, head: ChainHead, audit_event: AuditEvent) -> Self:
        entry = cls(
            **audit_event.model_dump(),
            chain=head.chain,
            number=head.number + 1,
            previous=head.hash,
        )
        return entry.model_copy(update={"hash": entry.digest()})

    def digest(self) -> str:
        """SHA-256 of the fields as JSON, names in order, without spaces."""
        fields = self.model_dump(mode="json", exclude={"hash", "chain"})
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def head(self) -> ChainHead:
        return ChainHead(chain=self.chain, number=self.number, hash=self.hash)


class Anchor(Record):
    """The heads of all chains at one time. The heads, and the anchor before, are thereby signed."""

    schema_version: Literal[1] = 1
    issuer: str
    number: int = Field(ge=1)
    at: AwareDatetime
    previous: str = Field(description="SHA-256 of the previous anchor's JWS, hex; of the first: 0")
    heads: tuple[ChainHead, ...]


class SignedAnchor(Record):
    number: int = Field(ge=1)
    jws: str = Field(description="of an Anchor, compact serialisation")

    @property
    def content(self) -> Anchor:
        """What was signed. The signature is not verified."""
        payload = self.jws.split(".")[1]
        return Anchor.model_validate_json(base64.urlsafe_b64decode(payload + "=="))

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.jws.encode()).hexdigest()


class BrokenChain(Exception):  # noqa: N818 - a result, not a fault
    """The audit log is broken; the message says where."""


def verify(
    entries: Iterable[AuditEntry], head: ChainHead, *, noted: Iterable[ChainHead] = ()
) -> ChainHead:
    """Verifies one chain from its first entry and returns its head.

    Raises BrokenChain if an entry was changed, removed or reordered, or if one of `noted`, earlier
    heads of the chain, is not in it.
    """
    known = {(one.number, one.hash) for one in noted if one.number}
    last = ChainHead.start(head.chain)
    for entry in entries:
        where = f"entry {entry.number} of chain {head.chain}"
        if entry.number != last.number + 1:
            raise BrokenChain(
                f"entry {last.number + 1} of chain {head.chain} is missing: "
                f"the next one is {entry.number}"
            )
        if entry.previous != last.hash or entry.chain != head.chain:
            raise BrokenChain(f"{where} does not have the hash of the previous one")
        if entry.hash != entry.digest():
            raise BrokenChain(f"{where} was changed")
        last = entry.head
        known.discard((last.number, last.hash))
    if last != head:
        raise BrokenChain(
            f"the stored head of chain {head.chain} is entry {head.number}, "
            f"but the last entry is {last.number}"
        )
    if known:
        raise BrokenChain(
            f"chain {head.chain} does not have the noted entry {min(known)[0]}: "
            "an anchor or an earlier export has it"
        )
    return last


def verify_anchors(anchors: Iterable[SignedAnchor]) -> None:
    """Raises BrokenChain if an anchor was removed or replaced. The last ones may be missing."""
    previous = GENESIS
    for number, one in enumerate(anchors, start=1):
        try:
            content = one.content
        except (ValueError, IndexError) as unreadable:
            raise BrokenChain(f"anchor {number} cannot be read") from unreadable
        if not one.number == content.number == number or content.previous != previous:
            raise BrokenChain(f"anchor {number} is missing or was replaced")
        previous = one.hash


def gaps(
    anchors: Iterable[SignedAnchor], now: datetime, *, since: datetime | None = None
) -> list[tuple[datetime, datetime]]:
    """Returns the times without an anchor that are longer than ANCHOR_OVERDUE, until now.

    `since`: the time of the first entry; else a log that lost all its anchors has no gap.
    """
    moments = [*([since] if since else []), *(one.content.at for one in anchors), now]
    return [pair for pair in pairwise(moments) if pair[1] - pair[0] > ANCHOR_OVERDUE]
