"""Ports of the review desk: cases, appeals, the audit log and its counters."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

from likeness.domain.ids import AvatarId, JobId, PhotoId, ReviewId
from likeness.domain.moderation import Verdict
from likeness.domain.paging import Part
from likeness.domain.review.appeal import Appeal
from likeness.domain.review.audit import AuditEntry, AuditEvent, ChainHead
from likeness.domain.review.case import Review
from likeness.domain.review.statistics import Counts, DeskDay, Exposure


class Reviews(Protocol):
    """The moderators' queue. The task token stays in it: no answer ever shows one.

    What is stored and what the audit log says of it are one write: both, or neither.
    """

    def open(self, review: Review, task_token: str | None) -> None:
        """Store the review, or only its newer token where it is open already.

        An appeal has no token: nothing waits for it. It may be opened again once it is closed.
        """
        ...

    def get(self, review_id: ReviewId) -> Review: ...
    def of(self, job_id: JobId) -> list[Review]:
        """All of one job: the first, a second opinion, an appeal; as many as there are."""
        ...

    def waiting(self) -> list[Review]:
        """The most severe first, of these a higher tier's first, then the next to expire."""
        ...

    def queue(self, *, limit: int, after: str | None = None) -> Part[Review]:
        """A page of `waiting`."""
        ...

    def save(
        self, review: Review, audit_event: AuditEvent | None = None, counts: Counts | None = None
    ) -> None:
        """Store the next version, with what was done and what is counted of it.

        Conflict where somebody was first.
        """
        ...

    def task_token(self, review_id: ReviewId) -> str: ...


class AuditLog(Protocol):
    """The audit log. Nothing is ever taken out of it."""

    def of(self, review_id: ReviewId) -> list[AuditEntry]:
        """One case's entries, the oldest first."""
        ...

    def entries(self) -> Iterator[AuditEntry]:
        """All of them, the oldest first."""
        ...

    def head(self) -> ChainHead: ...


class DeskCounters(Protocol):
    """What is counted at the desk, day by day."""

    def exposure(self, moderator: str, day: DeskDay) -> Exposure: ...
    def exposures(self, day: DeskDay) -> dict[str, Exposure]:
        """Of every moderator who revealed anything that day."""
        ...

    def expose(self, audit_event: AuditEvent, *, budget: int) -> Exposure:
        """Count one more picture for the audit event's actor; OverQuota where that is one too many."""
        ...

    def ask(self, audit_event: AuditEvent) -> None:
        """Remember that the actor wanted more than they may. Only the first time is an audit event."""
        ...

    def grant(self, audit_event: AuditEvent, moderator: str, more: int) -> Exposure: ...
    def counts(self, days: Iterable[DeskDay]) -> Counter[str]:
        """Sums over these days."""
        ...


class Appeals(Protocol):
    """One appeal for a job."""

    def get(self, job_id: JobId) -> Appeal | None: ...
    def save(self, appeal: Appeal) -> None:
        """Store the next version, or the first one; Conflict where somebody was first."""
        ...


class Verdicts(Protocol):
    def all(self) -> Iterator[tuple[JobId, PhotoId | AvatarId, Verdict]]:
        """Every verdict that is still stored, on photos and on avatars."""
        ...


class Previews(Protocol):
    def blurred(self, jpeg: bytes) -> bytes:
        """A small, grey, blurred JPEG of a normalised photo: what a moderator sees first."""
        ...
