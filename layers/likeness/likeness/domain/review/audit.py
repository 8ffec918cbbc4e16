"""The audit log of the review desk: append-only, each entry chained to the one before it."""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, ReviewIdField
from likeness.domain.record import Record

GENESIS = "0" * 64  # what the first entry says of the one before it
SYSTEM = "system"  # who acts where no moderator does


class AuditAction(StrEnum):
    OPENED = "opened"
    CLAIMED = "claimed"
    RELEASED = "released"
    REVEALED = "revealed"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    EXPOSURE_ASKED = "exposure_asked"
    EXPOSURE_GRANTED = "exposure_granted"


class AuditEvent(Record):
    """What somebody did: an entry that is not chained yet. Never a user's id, never a link."""

    at: AwareDatetime
    actor: str = Field(default=SYSTEM, description="a moderator's id, or `system`")
    action: AuditAction
    review_id: ReviewIdField | None = None
    job_id: JobIdField | None = None
    details: dict[str, str] = {}


class ChainHead(Record):
    """Where the chain ends. Whoever notes one elsewhere can tell later that nothing was cut off."""

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


class BrokenChain(Exception):  # noqa: N818 - a finding, not a fault of ours
    """The chain does not hold; the message says where."""


def verify(
    entries: Iterable[AuditEntry], head: ChainHead, *, noted: ChainHead | None = None
) -> ChainHead:
    """Walk the whole chain from its first entry; Broken where it was changed, cut or reordered.

    `noted` is a head that was written down earlier: it must still be in the chain.
    """
    last, found = ChainHead(), noted is None or noted == ChainHead()
    for entry in entries:
        if entry.number != last.number + 1:
            raise BrokenChain(f"entry {last.number + 1} is missing: after it comes {entry.number}")
        if entry.previous != last.hash:
            raise BrokenChain(f"entry {entry.number} does not follow the one before it")
        if entry.hash != entry.digest():
            raise BrokenChain(f"entry {entry.number} was changed")
        last = entry.head
        found = found or last == noted
    if last != head:
        raise BrokenChain(
            f"the trail says that it ends at {head.number}, and ends at {last.number}"
        )
    if not found and noted:
        raise BrokenChain(f"the head that was noted at {noted.number} is not in the trail")
    return last
