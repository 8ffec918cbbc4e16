"""A job turns a user's photos into avatars. This module has its states and transitions."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints

from likeness.domain.account.age import AgeAssurance
from likeness.domain.account.quota import Day
from likeness.domain.errors import AlreadySubmitted, Conflict, JobEnded, JobRunning
from likeness.domain.generation.published import PublishedAvatar
from likeness.domain.ids import (
    AvatarIdField,
    JobId,
    JobIdField,
    StyleId,
    StyleIdField,
    UserHash,
    UserIdField,
)
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.test_plan import TestPlan
from likeness.domain.jobs.usage import Usage
from likeness.domain.moment import Moment
from likeness.domain.reasons import Reason
from likeness.domain.record import Record, Versioned

if TYPE_CHECKING:
    from datetime import datetime

MIN_PHOTOS, MAX_PHOTOS = 3, 10
MAX_STYLES = 5
MAX_AVATARS = 30


# Returned unchanged and never logged. No control characters: they take six bytes each in JSON, and
# a page of a list has to fit into a Lambda response (6 MB).
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")],
        Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")],
    ],
    Field(
        max_length=20,
        description="the app's own, returned with the job and its events; never logged",
        examples=[{"order": "2026-1187"}],
    ),
]


class JobState(StrEnum):
    OPEN = "open"  # photos are uploaded, inspected and may be replaced
    MODERATING = "moderating"  # submitted; the quota day is reserved
    IN_REVIEW = "in_review"
    GENERATING = "generating"
    FINISHING = "finishing"  # avatars are moderated, photos deleted, results published
    CANCELLING = "cancelling"  # work is stopped and everything is deleted
    COMPLETED = "completed"
    REFUSED = "refused"  # photos broke a rule
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # not submitted in time, or not reviewed in time
    FAILED = "failed"  # our fault


BAD_ENDS = frozenset({JobState.REFUSED, JobState.CANCELLED, JobState.EXPIRED, JobState.FAILED})
ENDED = BAD_ENDS | {JobState.COMPLETED}

# Forward transitions. Besides these, a running job may be cancelled or end badly from any state. A
# cancelling job can only become cancelled, so no pipeline step can continue it.
FORWARD: dict[JobState, frozenset[JobState]] = {
    JobState.OPEN: frozenset({JobState.MODERATING}),
    JobState.MODERATING: frozenset({JobState.IN_REVIEW, JobState.GENERATING}),
    JobState.IN_REVIEW: frozenset({JobState.GENERATING}),
    JobState.GENERATING: frozenset({JobState.FINISHING}),
    JobState.FINISHING: frozenset({JobState.GENERATING, JobState.COMPLETED}),  # back: attempt 2
}
FROM_ANY_STATE = BAD_ENDS - {JobState.CANCELLED} | {JobState.CANCELLING}


def new_job_id() -> JobId:
    """Returns 128 random bits: cannot be guessed and is unrelated to the user."""
    return JobId(f"j{secrets.token_hex(16)}")


class Consent(Record):
    """Version of the consent text that the user accepted, and when."""

    version: str = Field(
        min_length=1,
        max_length=64,
        description="one of `GET /v1/consents`",
        examples=["2026-11"],
    )
    accepted_at: Moment


class TimelineEntry(Record):
    """When the job entered a state."""

    state: JobState
    at: AwareDatetime


class WaitingFor(StrEnum):
    """What a job waits for: an instance, the detector, or operators who stopped the work."""

    CAPACITY = "capacity"
    DETECTOR = "detector"
    STOPPED = "stopped"


class Wait(Record):
    """A time in which a step of the job was tried in vain."""

    of: WaitingFor
    since: AwareDatetime
    until: AwareDatetime | None = Field(default=None, description="null: the job still waits")


class Job(Versioned):
    job_id: JobIdField
    user_id: UserIdField
    user_hash: UserHash = Field(description="keyed hash of the user id, for quota days")
    metadata: Metadata = {}
    test: TestPlan | None = Field(default=None, description="set: a test job")
    state: JobState = JobState.OPEN
    reason: Reason | None = None
    failure: FailureKind | None = None
    tier: str = Field(description="read when the job is created, fixed when it is submitted")
    backend: str | None = Field(default=None, description="generation backend; fixed at submission")
    styles: tuple[StyleIdField, ...] = Field(min_length=1, max_length=MAX_STYLES)
    avatars: int = Field(ge=1, le=MAX_AVATARS)
    avatars_asked: int | None = Field(
        default=None, description="by the app, if the job was given fewer when it was created"
    )
    styles_off: tuple[StyleIdField, ...] = Field(
        default=(), description="of `styles`: operators switched them off before they were drawn"
    )
    consent: Consent
    age_assurance: AgeAssurance | None = None
    seed: int = Field(ge=0)
    created_at: AwareDatetime
    submit_by: AwareDatetime
    day: Day | None = Field(default=None, description="quota day that this job reserves")
    day_ends_at: AwareDatetime | None = Field(default=None, description="when that day ends")
    attempt: int = Field(default=0, ge=0, le=2, description="generation attempts started")
    photos_left_out: int = Field(default=0, ge=0, description="by moderation")
    photos_deleted_at: AwareDatetime | None = None
    avatars_expire_at: AwareDatetime | None = None
    avatars_shown: int = Field(default=0, ge=0, description="published, and kept by the user")
    cover: AvatarIdField | None = Field(default=None, description="the best of them")
    published: tuple[PublishedAvatar, ...] | None = Field(
        default=None, description="those avatars, best first; null: an earlier release stored none"
    )
    avatars_deletion_asked_at: AwareDatetime | None = Field(
        default=None, description="by the user; none is shown any more"
    )
    avatars_deleted_at: AwareDatetime | None = Field(
        default=None, description="verified by listing, after the user asked for it"
    )
    timeline: tuple[TimelineEntry, ...] = ()
    waits: tuple[Wait, ...] = ()
    usage: Usage | None = Field(default=None, description="for operators; in no API response")

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def waiting(self) -> Wait | None:
        last = self.waits[-1] if self.waits else None
        return last if last and last.until is None else None

    def waits_for(self, of: WaitingFor, since: datetime, now: datetime) -> tuple[Wait, ...]:
        """Returns the waits if the job waits for that now. One after another: none overlap."""
        if self.waiting and self.waiting.of is of:
            return self.waits
        waits = self.waits_until(now)
        begun = max([since, *(wait.until for wait in waits if wait.until)])
        return (*waits, Wait(of=of, since=begun))

    def waits_until(self, at: datetime) -> tuple[Wait, ...]:
        """Returns the waits if the job goes on then."""
        if not self.waiting:
            return self.waits
        ended = self.waiting.model_copy(update={"until": max(at, self.waiting.since)})
        return (*self.waits[:-1], ended)

    def waited(self, until: datetime) -> timedelta:
        return sum(((wait.until or until) - wait.since for wait in self.waits), timedelta())

    @property
    def ended_at(self) -> datetime:
        return self.timeline[-1].at

    def shows_avatars(self, now: datetime) -> bool:
        """Not from the moment they expire, even if the bucket deletes them later."""
        expired = self.avatars_expire_at is not None and now >= self.avatars_expire_at
        return (
            self.state is JobState.COMPLETED
            and self.avatars_deletion_asked_at is None
            and not expired
        )

    @property
    def avatars_planned(self) -> int:
        """The avatars that are drawn: without those of styles that were switched off."""
        return sum(self.style_of(n) in self.styles_on for n in range(1, self.avatars + 1))

    @property
    def styles_on(self) -> tuple[StyleId, ...]:
        return tuple(style for style in self.styles if style not in self.styles_off)

    def style_of(self, avatar: int) -> StyleId:
        """The styles in turn; avatars count from 1."""
        return self.styles[(avatar - 1) % len(self.styles)]

    @property
    def min_avatars(self) -> int:
        """Half of the requested avatars, rounded up. With fewer, the quota day is returned."""
        return (self.avatars + 1) // 2

    def move(self, state: JobState, now: datetime, **fields: object) -> Self:
        """Returns the next version in another state: the job does not wait any more.

        Raises Conflict if no transition allows it.
        """
        if not self.may_become(state):
            raise Conflict(f"job {self.job_id} is {self.state} and cannot become {state}")
        entry = TimelineEntry(state=state, at=now)
        waits = self.waits_until(now)
        return self.change(state=state, timeline=(*self.timeline, entry), waits=waits, **fields)

    def may_become(self, state: JobState) -> bool:
        if self.ended:
            return False
        if self.state is JobState.CANCELLING:
            return state is JobState.CANCELLED
        return state in FORWARD[self.state] or state in FROM_ANY_STATE

    def require_open(self, now: datetime) -> None:
        """Raises JobEnded or AlreadySubmitted unless photos may be added and the job submitted."""
        if self.ended or self.state is JobState.CANCELLING:
            raise JobEnded(f"job {self.job_id} is {self.state}: create a new one")
        if self.state is not JobState.OPEN:
            raise AlreadySubmitted(f"job {self.job_id} was submitted: it is {self.state}")
        self.require_in_time(now)

    def require_in_time(self, now: datetime) -> None:
        """Raises JobEnded if the time to submit has ended."""
        if now >= self.submit_by:
            raise JobEnded(f"job {self.job_id} had to be submitted by {self.submit_by.isoformat()}")

    def require_completed(self) -> None:
        """Raises JobRunning before the job's end, JobEnded if it ended without avatars."""
        if not self.ended:
            raise JobRunning(f"job {self.job_id} is {self.state}: it has no avatars yet")
        if self.state is not JobState.COMPLETED:
            raise JobEnded(f"job {self.job_id} is {self.state}: it has no avatars")

    def require(self, *states: JobState) -> None:
        if self.state not in states:
            raise Conflict(
                f"job {self.job_id} is {self.state}: this requires {' or '.join(states)}"
            )
