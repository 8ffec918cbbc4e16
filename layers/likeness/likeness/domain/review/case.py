"""A case of the review desk: who may review it, its lease and its decision."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import CaseClosed, CaseTaken, Forbidden, Invalid, MustBeHeld, NoLease
from likeness.domain.ids import (
    JobId,
    JobIdField,
    PhotoIdField,
    ReviewId,
    ReviewIdField,
    UserId,
    UserIdField,
)
from likeness.domain.moderation import EscalateRule, Finding, Severity
from likeness.domain.reasons import Reason
from likeness.domain.record import Record, Versioned

URL_LIFETIME = timedelta(minutes=1)  # of the presigned URL of a clear photo

# Codes that a moderator may refuse a photo with. FILE and QUALITY are checked at upload, and SYSTEM
# is never the user's fault.
MODERATOR_REASONS = tuple(
    reason for reason in Reason if reason.family in {"POLICY", "RIGHTS", "MINOR", "SUBJECT"}
)


class ReviewState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    HELD = "held"  # its photos may be illegal: a lead decides about the hold first
    CLOSED = "closed"  # that hold was confirmed: no decision that the user is told


class ReviewKind(StrEnum):
    PHOTOS = "photos"
    SECOND = "second"  # a blind second opinion
    APPEAL = "appeal"


_LETTERS = {ReviewKind.PHOTOS: "r", ReviewKind.SECOND: "s", ReviewKind.APPEAL: "a"}


def review_of(job_id: JobId, kind: ReviewKind = ReviewKind.PHOTOS) -> ReviewId:
    """Returns the review id: a job has at most one review of each kind."""
    return ReviewId(_LETTERS[kind] + job_id[1:])


def job_of(review_id: ReviewId) -> JobId:
    return JobId("j" + review_id[1:])


class Moderator(Record):
    """A moderator, as the claims of the token describe them."""

    id: str = Field(description="the token's `sub` claim")
    lead: bool = False
    app_user_id: UserId | None = Field(default=None, description="own account in the app")


class Lease(Record):
    """The moderator has the case until then; a heartbeat renews the lease."""

    by: str = Field(description="the moderator's id")
    until: AwareDatetime
    since: AwareDatetime | None = Field(default=None, description="of the claim")


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


class Review(Versioned):
    """One case: opened by the state machine or an appeal; decided once, or expires."""

    review_id: ReviewIdField
    job_id: JobIdField
    owner: UserIdField = Field(description="the user; never shown to moderators")
    kind: ReviewKind = ReviewKind.PHOTOS
    state: ReviewState = ReviewState.WAITING
    severity: Severity = Severity.LOW
    priority: int = Field(default=0, ge=0, le=9, description="of the job's tier")
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    photos: tuple[PhotoFindings, ...]
    excluded_moderators: tuple[str, ...] = Field(
        default=(), description="ids of moderators who already decided about this job"
    )
    lease: Lease | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str | None = Field(default=None, description="the moderator's id")
    refused: tuple[RefusedPhoto, ...] = ()
    hold_returned: bool = Field(
        default=False, description="a lead found that the photos are not illegal"
    )

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Distinct reasons of the findings, most severe first."""
        found = [finding for photo in self.photos for finding in photo.findings]
        by_severity = sorted(found, key=lambda finding: -finding.outcome.severity)
        return tuple(dict.fromkeys(f.reason for f in by_severity if f.reason is not None))

    def require_allowed(self, moderator: Moderator) -> None:
        """Raises Forbidden if this moderator may not review the case."""
        if self.owner in {moderator.id, moderator.app_user_id}:
            raise Forbidden("moderators do not review their own photos")
        if self.kind is ReviewKind.APPEAL and not moderator.lead:
            raise Forbidden("only leads review appeals")
        if self.state in {ReviewState.HELD, ReviewState.CLOSED} and not moderator.lead:
            raise Forbidden("the case is held: only leads see it")
        if moderator.id in self.excluded_moderators:
            raise Forbidden("you already decided about this job: another moderator must review it")

    def active_lease(self, now: datetime) -> Lease | None:
        return self.lease if self.lease and now < self.lease.until else None

    def claim(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """Takes the lease. Raises CaseTaken if another moderator has it."""
        self._require_waiting(now)
        lease = self.active_lease(now)
        if lease and lease.by != by:
            raise CaseTaken(f"another moderator has review {self.review_id}")
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

    def hold(self) -> Self:
        """Removes the case from the queue until a lead has decided about the hold of its job."""
        return self.change(state=ReviewState.HELD, lease=None)

    def return_from_hold(self, now: datetime) -> Self:
        """Returns a held case to the queue; one whose deadline has passed expires."""
        if now < self.decide_by:
            return self.change(state=ReviewState.WAITING, hold_returned=True)
        return self.expire(now)

    def close(self, now: datetime) -> Self:
        return self.change(state=ReviewState.CLOSED, lease=None, decided_at=now)

    def require_lease(self, by: str, now: datetime) -> None:
        self._require_waiting(now)
        lease = self.active_lease(now)
        if lease is None or lease.by != by:
            raise NoLease(f"you have no lease of review {self.review_id}: claim it")

    def decide(self, by: str, *, now: datetime, refused: Sequence[RefusedPhoto] = ()) -> Self:
        """Decides the case; `by` must have the lease. Approved if no photo is refused."""
        self.require_lease(by, now)
        return self.change(
            state=ReviewState.REFUSED if refused else ReviewState.APPROVED,
            lease=None,
            decided_at=now,
            decided_by=by,
            refused=tuple(refused),
        )

    def expire(self, now: datetime) -> Self:
        return self.change(state=ReviewState.EXPIRED, lease=None, decided_at=now)

    def _require_waiting(self, now: datetime) -> None:
        if self.state is not ReviewState.WAITING:
            raise CaseClosed(f"review {self.review_id} is {self.state} already")
        if now >= self.decide_by:
            raise CaseClosed(f"review {self.review_id} expired at {self.decide_by.isoformat()}")


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


def require_no_hold(
    review: Review, refused: Sequence[RefusedPhoto], escalate: EscalateRule
) -> None:
    """Raises MustBeHeld if the refusal says that a nude photo may show a minor.

    A refusal deletes the photos. It is allowed once a lead has returned the case from a hold.
    """
    reasons = {photo.reason for photo in refused}
    nude = Reason.POLICY_NUDITY in reasons or any(
        escalate.covers(finding) for photo in review.photos for finding in photo.findings
    )
    if Reason.MINOR_AGE_DOUBT in reasons and nude and not review.hold_returned:
        raise MustBeHeld("nudity and a minor: hold the case, a lead decides first")


class ReviewPolicy(Record):
    """Which jobs are reviewed besides those with findings that need review."""

    percent: float = Field(ge=0, le=100)

    @classmethod
    def read(cls, text: str) -> Self:
        """Parses `flagged`, `all`, or `sample:N` for N percent."""
        if text in {"flagged", "all"}:
            return cls(percent=100 if text == "all" else 0)
        kind, _, share = text.partition(":")
        try:
            if kind == "sample":
                return cls(percent=float(share))
        except ValueError:
            pass
        raise ValueError(
            f"review policy {text!r} must be flagged, all or sample:N with N from 0 to 100"
        )

    def selects(self, job_id: JobId) -> bool:
        return is_sampled(job_id, self.percent, "review")


def is_sampled(job_id: JobId, percent: float, sample: str) -> bool:
    """Deterministic sampling by job id; samples of different names are independent."""
    digest = hashlib.blake2b(f"{sample}:{job_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < percent / 100 * 2**64
