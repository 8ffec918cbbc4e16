"""A case of the review desk: who may review it, its lease and its decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.account.quota import Day, ReservedDay, UserZone
from likeness.domain.account.time_zones import UTC_NAME
from likeness.domain.errors import (
    CaseDecided,
    CaseTaken,
    DeadlinePassed,
    Forbidden,
    Invalid,
    NoLease,
)
from likeness.domain.ids import (
    JobId,
    JobIdField,
    PhotoIdField,
    ReviewId,
    ReviewIdField,
    UserId,
    UserIdField,
)
from likeness.domain.reasons import Reason
from likeness.domain.record import Record, Versioned
from likeness.domain.review.kinds import EscalationReason, Queue, ReviewKind, ReviewState
from likeness.domain.verdict import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.domain.moderation import EscalateRule

URL_LIFETIME = timedelta(minutes=1)  # of the presigned URL of a clear photo
# A decision takes effect this long before the deadline at the latest: the state machine's own timer
# began before the case was opened, and the queue between them takes a second or two.
LAST_MOMENT = timedelta(seconds=5)
SKIPPED_FOR = timedelta(hours=1)  # "claim next" does not return a case that the moderator skipped
MAX_SKIPS, MAX_NOTES = 50, 20  # of one case
URGENT = timedelta(hours=1)  # a case that expires within this time comes first

# Codes that a moderator may refuse a photo with. FILE and QUALITY are checked at upload, and SYSTEM
# is never the user's fault.
MODERATOR_REASONS = tuple(
    reason for reason in Reason if reason.family in {"POLICY", "RIGHTS", "MINOR", "SUBJECT"}
)


_LETTERS = {
    ReviewKind.PHOTOS: "r",
    ReviewKind.KNOWN: "r",
    ReviewKind.SECOND: "s",
    ReviewKind.APPEAL: "a",
}


def review_of(job_id: JobId, kind: ReviewKind = ReviewKind.PHOTOS) -> ReviewId:
    """Returns the review id: a job has at most one review of each kind."""
    return ReviewId(_LETTERS[kind] + job_id[1:])


def job_of(review_id: ReviewId) -> JobId:
    return JobId("j" + review_id[1:])


# Of a moderator without a zone of their own.
UTC_ZONE = UserZone(name=UTC_NAME, fixed_at=datetime(2026, 1, 1, tzinfo=UTC))


class Moderator(Record):
    """A moderator, as the claims of the token and the account describe them."""

    id: str = Field(description="the token's `sub` claim")
    lead: bool = False
    app_user_id: UserId | None = Field(default=None, description="own account in the app")
    zone: UserZone = UTC_ZONE

    def today(self, now: datetime) -> ReservedDay:
        """Returns the moderator's day: of the exposure budget and of their own figures."""
        return self.zone.today(now)

    def is_user(self, user_id: UserId) -> bool:
        return user_id in {self.id, self.app_user_id}


class Lease(Record):
    """The moderator has the case until then; a heartbeat renews the lease."""

    by: str = Field(description="the moderator's id")
    until: AwareDatetime
    since: AwareDatetime | None = Field(default=None, description="of the claim")


class RevealLevel(StrEnum):
    SOFT = "soft"  # grey and blurred
    GREY = "grey"
    CLEAR = "clear"

    def points(self, clear: int) -> int:
        """Returns what this level costs of the exposure budget, if the clear photo costs that."""
        return -(-clear // {RevealLevel.SOFT: 4, RevealLevel.GREY: 2, RevealLevel.CLEAR: 1}[self])


class Window(Record):
    """When a case was opened and its deadline, as moderators see them."""

    opened_at: AwareDatetime
    decide_by: AwareDatetime


class Skip(Record):
    """The moderator skipped the case; "claim next" does not return it to them until then."""

    by: str = Field(description="the moderator's id")
    until: AwareDatetime


class Escalation(Record):
    """A moderator left the case to the leads."""

    by: str = Field(description="the moderator's id")
    at: AwareDatetime
    reason: EscalationReason


class Note(Record):
    """What a moderator wrote for the others who work the case. Deleted with the case."""

    by: str = Field(description="the moderator's id")
    at: AwareDatetime
    text: str = Field(min_length=1, max_length=1000)


class PhotoFindings(Record):
    """Findings in one photo that need review."""

    photo_id: PhotoIdField
    findings: tuple[Finding, ...]
    match: Literal["exact", "similar"] | None = Field(
        default=None, description="in an appeal: how the file was recognised"
    )


class RefusedPhoto(Record):
    """A photo that a moderator refuses, with the reason code."""

    photo_id: PhotoIdField
    reason: Reason


class Overturn(Record):
    """A lead reversed the decision after it took effect."""

    by: str = Field(description="the lead's id")
    at: AwareDatetime
    approved: bool = Field(description="of the lead's decision")


class Review(Versioned):
    """One case: opened by the state machine or an appeal; decided once, or expires.

    A decision is stored first and takes effect at `counts_at`: until then its moderator can undo
    it, and the case is `waiting`, but no moderator can claim it.
    """

    review_id: ReviewIdField
    job_id: JobIdField
    owner: UserIdField = Field(description="the user; never shown to moderators")
    kind: ReviewKind = ReviewKind.PHOTOS
    state: ReviewState = ReviewState.WAITING
    severity: Severity = Severity.LOW
    priority: int = Field(default=0, ge=0, le=9, description="of the job's tier")
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    shown: Window | None = Field(
        default=None, description="a second opinion shows the first review's times: it is blind"
    )
    photos: tuple[PhotoFindings, ...]
    excluded_moderators: tuple[str, ...] = Field(
        default=(), description="ids of moderators who already decided about this job"
    )
    lease: Lease | None = None
    claimed_at: AwareDatetime | None = Field(
        default=None, description="by the moderator who decided"
    )
    skips: tuple[Skip, ...] = ()
    escalation: Escalation | None = None
    notes: tuple[Note, ...] = ()
    decided_at: AwareDatetime | None = None
    decided_by: str | None = Field(default=None, description="the moderator's id")
    decided_on: Day | None = Field(default=None, description="the moderator's day")
    refused: tuple[RefusedPhoto, ...] = ()
    counts_at: AwareDatetime | None = Field(default=None, description="of the decision")
    second: bool = Field(default=False, description="a second opinion follows the decision")
    first_approved: bool | None = Field(
        default=None, description="of a second opinion: the first decision"
    )
    looked: bool = Field(default=True, description="the moderator revealed a photo")
    overturn: Overturn | None = None
    held_by: str | None = Field(default=None, description="the moderator who held it")
    hold_returned: bool = Field(
        default=False, description="a lead found that the photos are not illegal"
    )
    answer: tuple[RefusedPhoto, ...] | None = Field(
        default=None, description="of a known case, once it is scored"
    )

    @property
    def public_id(self) -> ReviewId:
        """The id that moderators see: a second opinion has the first review's."""
        first = self.kind is ReviewKind.SECOND
        return review_of(self.job_id) if first else self.review_id

    def time_used(self, now: datetime) -> float:
        """The share of its time that has passed; more than 1 if its deadline has."""
        return (now - self.opened_at) / (self.decide_by - self.opened_at)

    @property
    def window(self) -> Window:
        """The times that moderators see."""
        return self.shown or Window(opened_at=self.opened_at, decide_by=self.decide_by)

    @property
    def queue(self) -> Queue:
        if self.escalation:
            return Queue.ESCALATED
        return Queue.APPEALS if self.kind is ReviewKind.APPEAL else Queue.PHOTOS

    @property
    def pending(self) -> bool:
        """Whether the case has a decision that did not take effect yet."""
        return self.state is ReviewState.WAITING and self.decided_at is not None

    @property
    def approved(self) -> bool:
        """Of the decision, pending or not."""
        return self.decided_by is not None and not self.refused

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Distinct reasons of the findings, most severe first."""
        found = [finding for photo in self.photos for finding in photo.findings]
        by_severity = sorted(found, key=lambda finding: -finding.outcome.severity)
        return tuple(dict.fromkeys(f.reason for f in by_severity if f.reason is not None))

    def require_allowed(self, moderator: Moderator) -> None:
        """Raises Forbidden if this moderator may not review the case."""
        if why := self._why_not_allowed(moderator):
            raise Forbidden(why)
        if self.state in {ReviewState.HELD, ReviewState.CLOSED} and not moderator.lead:
            raise Forbidden("the case is held: only leads see it")

    def workable(self, moderator: Moderator, now: datetime) -> bool:
        """Whether this moderator may work the case now, or once its lease ends.

        A known case is withdrawn before it is urgent: it never comes before an urgent one.
        """
        ends = self.decide_by - URGENT if self.kind is ReviewKind.KNOWN else self.decide_by
        waits = self.state is ReviewState.WAITING and not self.pending and now < ends
        return waits and self._why_not_allowed(moderator) is None

    def _why_not_allowed(self, moderator: Moderator) -> str | None:
        if moderator.is_user(self.owner):
            return "moderators do not review their own photos"
        if self.kind is ReviewKind.APPEAL and not moderator.lead:
            return "only leads review appeals"
        if self.escalation and (not moderator.lead or self.escalation.by == moderator.id):
            return "the case was escalated: another lead reviews it"
        if moderator.id in self.excluded_moderators:
            return "you already decided about this job: another moderator must review it"
        return None

    def is_skipped(self, by: str, now: datetime) -> bool:
        return any(skip.by == by and now < skip.until for skip in self.skips)

    def active_lease(self, now: datetime) -> Lease | None:
        return self.lease if self.lease and now < self.lease.until else None

    def claim(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """Takes the lease. Raises CaseTaken if another moderator has it."""
        self._require_waiting(by, now)
        lease = self.active_lease(now)
        if lease and lease.by != by:
            raise CaseTaken(f"another moderator has review {self.public_id}")
        return self.lend(by, now=now, lasts=lasts)

    def lend(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """Gives the lease of a case that this moderator may claim."""
        lease = self.active_lease(now)
        until = min(now + lasts, self.decide_by)
        since = lease.since if lease else now
        return self.change(lease=Lease(by=by, until=until, since=since))

    def renew(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """Extends the lease. Raises NoLease if the moderator no longer has it."""
        self.require_lease(by, now)
        return self.claim(by, now=now, lasts=lasts)

    def release(self, by: str, now: datetime) -> Self:
        self.require_lease(by, now)
        return self.change(lease=None)

    def skip(self, by: str, now: datetime) -> Self:
        """Releases the case; "claim next" does not return it to this moderator for a while."""
        self.require_lease(by, now)
        others = [skip for skip in self.skips if now < skip.until and skip.by != by]
        skip = Skip(by=by, until=now + SKIPPED_FOR)
        return self.change(lease=None, skips=(*others, skip)[-MAX_SKIPS:])

    def escalate(self, by: str, now: datetime, reason: EscalationReason, note: str) -> Self:
        """Leaves the case to a lead other than `by`. Its deadline stays."""
        self.require_lease(by, now)
        annotated = self.annotate(by, now, note)
        escalation = Escalation(by=by, at=now, reason=reason)
        return self.change(lease=None, escalation=escalation, notes=annotated.notes)

    def return_to_queue(self, by: str, now: datetime) -> Self:
        """Ends the escalation: moderators may work the case again. `by` must have the lease."""
        self.require_lease(by, now)
        return self.change(lease=None, escalation=None)

    def annotate(self, by: str, now: datetime, text: str) -> Self:
        """Adds a note, once if it is sent again. Raises Invalid if the case has MAX_NOTES."""
        if self.notes and (self.notes[-1].by, self.notes[-1].text) == (by, text):
            return self
        if len(self.notes) >= MAX_NOTES:
            raise Invalid(f"a case has at most {MAX_NOTES} notes")
        return self.change(notes=(*self.notes, Note(by=by, at=now, text=text)))

    def hold(self, by: str) -> Self:
        """Removes the case from the queue until a lead has decided about the hold of its job."""
        return self.change(state=ReviewState.HELD, lease=None, held_by=by)

    def return_from_hold(self, now: datetime) -> Self:
        """Returns a held case to the queue; one whose deadline has passed expires."""
        if now < self.decide_by:
            return self.change(state=ReviewState.WAITING, hold_returned=True, held_by=None)
        return self.expire(now)

    def close(self, now: datetime) -> Self:
        return self.change(state=ReviewState.CLOSED, lease=None, decided_at=now)

    def require_lease(self, by: str, now: datetime) -> None:
        self._require_waiting(by, now)
        lease = self.active_lease(now)
        if lease is None:
            raise NoLease(f"you have no lease of review {self.public_id}: claim it")
        if lease.by != by:
            raise CaseTaken(f"another moderator has review {self.public_id} now")

    def decide(
        self,
        by: str,
        *,
        now: datetime,
        refused: Sequence[RefusedPhoto] = (),
        undo: timedelta = timedelta(0),
        second: bool = False,
        day: Day | None = None,
    ) -> Self:
        """Decides the case; `by` must have the lease. Approved if no photo is refused.

        The decision takes effect after `undo`, but LAST_MOMENT before the deadline at the latest.
        """
        self.require_lease(by, now)
        return self.change(
            lease=None,
            claimed_at=self.lease.since if self.lease else None,
            decided_at=now,
            decided_by=by,
            decided_on=day,
            refused=tuple(refused),
            counts_at=max(now, min(now + undo, self.decide_by - LAST_MOMENT)),
            second=second,
        )

    def undo(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """Takes the decision back and returns the lease to its moderator.

        Raises CaseDecided if the decision took effect, or is about to.
        """
        if self.decided_by != by:
            raise CaseTaken(f"you did not decide review {self.public_id}")
        if not self.pending or self.counts_at is None or now >= self.counts_at:
            raise CaseDecided(f"the decision of review {self.public_id} took effect")
        lease = Lease(by=by, until=min(now + lasts, self.decide_by), since=self.claimed_at)
        return self.change(
            lease=lease,
            claimed_at=None,
            decided_at=None,
            decided_by=None,
            decided_on=None,
            refused=(),
            counts_at=None,
            second=False,
        )

    def take_effect(self, *, looked: bool = True, first: Self | None = None) -> Self:
        """Closes a case whose decision was pending. `first`: the review before a second opinion."""
        return self.change(
            state=ReviewState.REFUSED if self.refused else ReviewState.APPROVED,
            looked=looked,
            first_approved=first.approved if first else None,
        )

    @property
    def agreement(self) -> Literal["agreed", "differed"] | None:
        """Of a second opinion with the first decision, of a known case with its answer."""
        if self.answer is not None:
            return "agreed" if set(self.answer) == set(self.refused) else "differed"
        if self.first_approved is None:
            return None
        return "agreed" if self.first_approved == self.approved else "differed"

    def expire(self, now: datetime) -> Self:
        return self.change(
            state=ReviewState.EXPIRED,
            lease=None,
            decided_at=now,
            decided_by=None,
            refused=(),
            counts_at=None,
        )

    def _require_waiting(self, by: str, now: datetime) -> None:
        if self.pending and self.decided_by != by:
            raise CaseTaken(f"another moderator has review {self.public_id}")
        if self.pending:
            raise CaseDecided(f"you decided review {self.public_id}: undo that first")
        if self.state is not ReviewState.WAITING:
            raise CaseDecided(f"review {self.public_id} is {self.state} already")
        if now >= self.decide_by:
            raise DeadlinePassed(
                f"review {self.public_id} had to be decided by {self.decide_by.isoformat()}"
            )


PHOTOS = "/body/photos"  # of a decision


def check_refusal(review: Review, refused: Sequence[RefusedPhoto]) -> None:
    """Raises Invalid for an unknown or repeated photo, or a code that moderators may not use."""
    there = {photo.photo_id for photo in review.photos}
    named = [photo.photo_id for photo in refused]
    if unknown := sorted(set(named) - there):
        raise Invalid(f"photos {', '.join(unknown)} are not in this review", field=PHOTOS)
    if len(set(named)) != len(named):
        raise Invalid("name each photo once, with the most severe reason code", field=PHOTOS)
    if others := sorted({photo.reason for photo in refused} - set(MODERATOR_REASONS)):
        raise Invalid(
            f"{', '.join(others)} is not a reason code that moderators may use", field=PHOTOS
        )


def must_be_held(review: Review, refused: Sequence[RefusedPhoto], escalate: EscalateRule) -> bool:
    """Whether the refusal says that a nude photo may show a minor.

    A refusal deletes the photos. It is allowed once a lead has returned the case from a hold.
    """
    reasons = {photo.reason for photo in refused}
    nude = Reason.POLICY_NUDITY in reasons or any(
        escalate.covers(finding) for photo in review.photos for finding in photo.findings
    )
    return Reason.MINOR_AGE_DOUBT in reasons and nude and not review.hold_returned
