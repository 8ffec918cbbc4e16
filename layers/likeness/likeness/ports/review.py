"""Ports of the review desk: cases, appeals, the audit log and counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from likeness.domain.account.quota import ReservedDay
    from likeness.domain.ids import AvatarId, JobId, PhotoId, ReviewId
    from likeness.domain.jobs.job import Job
    from likeness.domain.review.appeal import Appeal
    from likeness.domain.review.audit import AuditEntry, AuditEvent, ChainHead, SignedAnchor
    from likeness.domain.review.case import Moderator, Review
    from likeness.domain.review.order import Queued
    from likeness.domain.review.staff import StaffMember
    from likeness.domain.review.statistics import DeskCounts, DeskDay, Exposure
    from likeness.domain.verdict import Verdict


class Reviews(Protocol):
    """Cases and the review queue. No API response contains their task tokens.

    A case and its audit event are written in one transaction.
    """

    def open(self, review: Review, task_token: str | None, *, job: Job | None = None) -> None:
        """Store the case, or only its newer task token if it is open already.

        `job`: the next version of the job that waits for it, stored in the same transaction.
        Raises ConcurrentChange if another version was stored: a job that ends has no open case.
        An appeal has no task token and may be opened again after it expired.
        """

    def get(self, review_id: ReviewId) -> Review:
        """Raises NotFound."""

    def for_job(self, job_id: JobId) -> list[Review]:
        """Return the job's cases: the first review, a second opinion, an appeal."""

    def queue(
        self, urgent_before: datetime, *, after: str | None = None, blind: bool = True
    ) -> Iterator[Queued]:
        """Return the waiting cases in the order of domain/review/order.py, read as needed.

        `after`: the place of the last case of the page before. `blind`: by the deadlines that the
        cases show, for a list; else by their own, to find the next case.
        """

    def next_for(self, moderator: Moderator, now: datetime) -> Iterator[Queued]:
        """Return the cases that the moderator may get next, in order by the cases' own deadlines.

        Read as needed. Not those of which another moderator has the lease, nor a lead's for others.
        """

    def due(self, now: datetime) -> Iterator[Review]:
        """Return the waiting cases whose time in the order, lease or time to undo has passed."""

    def nearest(self) -> list[Review]:
        """Return some cases that no moderator has, among them the next to expire."""

    def closed(self, day: DeskDay, *, after: str | None = None) -> Iterator[Queued]:
        """Return the cases that were decided that day (UTC), the latest first, read as needed."""

    def save(
        self,
        review: Review,
        audit_event: AuditEvent | None = None,
        counts: DeskCounts | None = None,
        days: Mapping[str, DeskDay] | None = None,
    ) -> None:
        """Store the next version with its audit event, and add `counts` to the day's counters.

        The day is the event's in UTC, and for a moderator in `days` the one there.

        Optimistic lock: raises Conflict if another version was stored.
        """

    def task_token(self, review_id: ReviewId) -> str:
        """Raises NotFound if no state machine waits for the case."""


class PendingDecisions(Protocol):
    """Decisions that take effect later. Delivered at least once."""

    def schedule(self, review_id: ReviewId, *, after: timedelta) -> None:
        """Call `complete_decision` for the case after that time, not earlier."""


class AuditLog(Protocol):
    """The audit log. It is append-only; other ports append to it in their transactions."""

    def for_review(self, review_id: ReviewId) -> list[AuditEntry]:
        """Return one case's entries, oldest first."""

    def entries(self, chain: int, *, after: int = 0) -> Iterator[AuditEntry]:
        """Return a chain's entries after that number, oldest first, read as needed."""

    def heads(self) -> list[ChainHead]:
        """Return the head of each chain, also of one without entries."""

    def append(self, audit_event: AuditEvent) -> None: ...
    def missing(self, heads: Iterable[ChainHead]) -> list[ChainHead]:
        """Return those of `heads` that are not entries of the audit log."""

    def anchors(self, *, after: int = 0) -> Iterator[SignedAnchor]:
        """Return the anchors after that number, oldest first, read as needed."""

    def last_anchor(self) -> SignedAnchor | None: ...
    def add_anchor(self, anchor: SignedAnchor) -> None:
        """Raises ConcurrentChange if there is one of that number."""


class DeskCounters(Protocol):
    """Daily counters of the review desk: decisions, and pictures revealed by each moderator."""

    def exposure(self, moderator: str, day: DeskDay) -> Exposure: ...
    def exposures(self, now: datetime) -> dict[str, Exposure]:
        """Return the exposure of every moderator who revealed a picture on a day that goes on."""

    def expose(
        self, audit_event: AuditEvent, *, today: ReservedDay, points: int, budget: int
    ) -> Exposure:
        """Count a revealed picture for the event's actor. Raises ExposureUsed above the budget.

        Not idempotent.
        """

    def revealed(self, review_id: ReviewId, moderator: str) -> frozenset[PhotoId]:
        """Return the photos of the case that the moderator revealed."""

    def ask(self, audit_event: AuditEvent, *, today: ReservedDay) -> None:
        """Record that the actor asked for more pictures. Only the first request is audited."""

    def grant(
        self, audit_event: AuditEvent, moderator: str, more: int, *, today: ReservedDay
    ) -> Exposure:
        """Raise the moderator's limit for today by `more` pictures. Not idempotent."""

    def counts(self, days: Iterable[DeskDay]) -> dict[str, Counter[str]]:
        """Return the sums over these days: of the desk (ALL), and of each moderator."""

    def totals(self, days: Iterable[DeskDay]) -> Counter[str]:
        """Return the sums over these days of the desk alone. For many days."""


class Staff(Protocol):
    """Accounts of moderators and leads. A change takes effect at once, whatever tokens exist.

    Every method raises Unavailable if the pool cannot be asked.
    """

    def find(self, username: str) -> StaffMember | None:
        """Return the account as it is now."""

    def with_id(self, moderator: str) -> StaffMember | None:
        """Return the account with this `sub`."""

    def all(self) -> list[StaffMember]:
        """Return every account of the pool, by name."""

    def invite(self, member: StaffMember) -> None:
        """Create the account and mail its temporary password, or mail a new one.

        Raises AccountExists if the account of this name has signed in already.
        """

    def save(self, member: StaffMember, *, seen: StaffMember) -> None:
        """Store access, groups, app user id and zone. Less access than `seen` ends the sessions."""

    def reset_authenticator(self, username: str) -> None:
        """End the sessions; the next sign-in sets up another authenticator."""

    def delete(self, username: str) -> None: ...


class Appeals(Protocol):
    """One appeal for each job."""

    def get(self, job_id: JobId) -> Appeal | None: ...
    def save(self, appeal: Appeal) -> None:
        """Store the first or next version. Optimistic lock: raises Conflict if there is one."""


class Verdicts(Protocol):
    def all(self) -> Iterator[tuple[JobId, PhotoId | AvatarId, Verdict]]:
        """Return every stored verdict on photos and avatars, grouped by job."""


class Previews(Protocol):
    def blurred(self, jpeg: bytes) -> bytes:
        """Return a small, grey, blurred JPEG of a normalised photo."""

    def grey(self, jpeg: bytes, *, soft: bool) -> bytes:
        """Return a larger grey JPEG of a normalised photo, `soft` with some blur."""
