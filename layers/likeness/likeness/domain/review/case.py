"""A case at the review desk: who may work it, for how long, and what was decided."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict, Forbidden, Invalid
from likeness.domain.ids import (
    JobId,
    JobIdField,
    PhotoIdField,
    ReviewId,
    ReviewIdField,
    UserId,
    UserIdField,
)
from likeness.domain.moderation import Finding, Severity
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

URL_LIFETIME = timedelta(minutes=1)  # a link to a clear picture

# What a moderator may refuse a photo for. Files and their quality were checked before, and
# SYSTEM is never a user's doing.
MODERATORS_MAY_NAME = tuple(
    reason for reason in Reason if reason.family in {"POLICY", "RIGHTS", "MINOR", "SUBJECT"}
)


class ReviewState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


class ReviewKind(StrEnum):
    PHOTOS = "photos"
    SECOND = "second"  # a blind second opinion
    APPEAL = "appeal"


_LETTERS = {ReviewKind.PHOTOS: "r", ReviewKind.SECOND: "s", ReviewKind.APPEAL: "a"}


def review_of(job_id: JobId, kind: ReviewKind = ReviewKind.PHOTOS) -> ReviewId:
    """The id of a job's review: a job has one of each kind at most."""
    return ReviewId(_LETTERS[kind] + job_id[1:])


def job_of(review_id: ReviewId) -> JobId:
    return JobId("j" + review_id[1:])


def kind_of(review_id: ReviewId) -> ReviewKind:
    return next(kind for kind, letter in _LETTERS.items() if letter == review_id[0])


class Moderator(Record):
    """Who works the desk, as their token says it."""

    id: str = Field(description="the token's `sub` claim")
    lead: bool = False
    app_user_id: UserId | None = Field(default=None, description="their own account in the app")


class Lease(Record):
    """Somebody works the case until then, unless they say that they still do."""

    by: str = Field(description="the moderator's id")
    until: AwareDatetime


class PhotoFindings(Record):
    """What moderators are asked to look at in one photo."""

    photo_id: PhotoIdField
    findings: tuple[Finding, ...]
    match: Literal["exact", "similar"] | None = Field(
        default=None, description="in an appeal: how the file was recognised"
    )


class RefusedPhoto(Record):
    """A photo that a moderator refuses, and the rule that it breaks."""

    photo_id: PhotoIdField
    reason: Reason


class Review(Record):
    """One case: opened by the state machine or an appeal, decided once, or by its deadline."""

    review_id: ReviewIdField
    job_id: JobIdField
    owner: UserIdField = Field(description="whose photos these are; no answer ever shows it")
    kind: ReviewKind = ReviewKind.PHOTOS
    version: int = 1
    state: ReviewState = ReviewState.WAITING
    severity: Severity = Severity.LOW
    priority: int = Field(default=0, ge=0, le=9, description="of the job's tier")
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    photos: tuple[PhotoFindings, ...]
    not_for: tuple[str, ...] = Field(default=(), description="who decided about this job before")
    lease: Lease | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str | None = Field(default=None, description="the moderator's id")
    refused: tuple[RefusedPhoto, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What was found, the most severe first, each once."""
        found = [finding for photo in self.photos for finding in photo.findings]
        gravest = sorted(found, key=lambda finding: -finding.outcome.severity)
        return tuple(dict.fromkeys(f.reason for f in gravest if f.reason is not None))

    def may_be_worked_by(self, moderator: Moderator) -> None:
        """Forbidden where this moderator must not."""
        if self.owner in {moderator.id, moderator.app_user_id}:
            raise Forbidden("moderators do not review their own photos")
        if self.kind is ReviewKind.APPEAL and not moderator.lead:
            raise Forbidden("appeals are for leads")
        if moderator.id in self.not_for:
            raise Forbidden("you decided about this job before: somebody else looks now")

    def held(self, now: datetime) -> Lease | None:
        """The lease, while it lasts."""
        return self.lease if self.lease and now < self.lease.until else None

    def claim(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """The case with a lease that begins now; Conflict where somebody else has it."""
        self._still_waits(now)
        held = self.held(now)
        if held and held.by != by:
            raise Conflict(f"somebody else works review {self.review_id}")
        until = min(now + lasts, self.decide_by)
        return self._next(lease=Lease(by=by, until=until))

    def prolong(self, by: str, *, now: datetime, lasts: timedelta) -> Self:
        """The case with its lease begun anew; Conflict where it was lost."""
        self.require_lease(by, now)
        return self.claim(by, now=now, lasts=lasts)

    def release(self, by: str, now: datetime) -> Self:
        self.require_lease(by, now)
        return self._next(lease=None)

    def require_lease(self, by: str, now: datetime) -> None:
        self._still_waits(now)
        held = self.held(now)
        if held is None or held.by != by:
            raise Conflict(f"review {self.review_id} is not yours, or no longer: claim it")

    def decide(self, by: str, *, now: datetime, refused: Sequence[RefusedPhoto] = ()) -> Self:
        """The case once decided, by whoever has the lease. Nothing refused: approved."""
        self.require_lease(by, now)
        return self._next(
            state=ReviewState.REFUSED if refused else ReviewState.APPROVED,
            lease=None,
            decided_at=now,
            decided_by=by,
            refused=tuple(refused),
        )

    def expire(self, now: datetime) -> Self:
        return self._next(state=ReviewState.EXPIRED, lease=None, decided_at=now)

    def _still_waits(self, now: datetime) -> None:
        if self.state is not ReviewState.WAITING:
            raise Conflict(f"review {self.review_id} is {self.state} already")
        if now >= self.decide_by:
            raise Conflict(f"review {self.review_id} ran out at {self.decide_by.isoformat()}")

    def _next(self, **fields: object) -> Self:
        return self.model_validate(self.model_dump() | fields | {"version": self.version + 1})


def check_refusal(review: Review, refused: Sequence[RefusedPhoto]) -> None:
    """Invalid where a refusal names what is not in the case, or a rule that is no moderator's."""
    there = {photo.photo_id for photo in review.photos}
    named = [photo.photo_id for photo in refused]
    if unknown := sorted(set(named) - there):
        raise Invalid(f"photos {', '.join(unknown)} are not in this review")
    if len(set(named)) != len(named):
        raise Invalid("name each photo once, with the most severe rule that it breaks")
    if others := sorted({photo.reason for photo in refused} - set(MODERATORS_MAY_NAME)):
        raise Invalid(f"{', '.join(others)} is not for moderators to give")


class ReviewPolicy(Record):
    """Which jobs a human looks at, beside those in which something doubtful was found."""

    percent: float = Field(ge=0, le=100)

    @classmethod
    def read(cls, text: str) -> Self:
        """`flagged`, `all`, or `sample:N` for N percent."""
        if text in {"flagged", "all"}:
            return cls(percent=100 if text == "all" else 0)
        kind, _, share = text.partition(":")
        try:
            if kind == "sample":
                return cls(percent=float(share))
        except ValueError:
            pass
        raise ValueError(f"review policy {text!r} is not flagged, all or sample:N, N of 0 to 100")

    def picks(self, job_id: JobId) -> bool:
        return picked(job_id, self.percent, "review")


def picked(job_id: JobId, percent: float, what: str) -> bool:
    """Is this job in the sample? The same answer whenever it is asked, and for each `what` anew."""
    digest = hashlib.blake2b(f"{what}:{job_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < percent / 100 * 2**64
