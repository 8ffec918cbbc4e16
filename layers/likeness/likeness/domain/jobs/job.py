"""A job: one user's photos on their way to avatars, and the states it may pass through."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.account.quota import Day
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId, JobIdField, StyleIdField, UserHash, UserIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

MIN_PHOTOS, MAX_PHOTOS = 3, 10
MAX_STYLES = 5
MAX_AVATARS = 30


class JobState(StrEnum):
    OPEN = "open"  # photos come in, are inspected, may be replaced
    MODERATING = "moderating"  # submitted: the day is reserved
    IN_REVIEW = "in_review"
    GENERATING = "generating"
    FINISHING = "finishing"  # avatars are checked, photos deleted, results published
    CANCELLING = "cancelling"  # work is being stopped, everything deleted
    COMPLETED = "completed"
    REFUSED = "refused"  # photos broke a rule
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # nothing submitted in time, or nobody reviewed in time
    FAILED = "failed"  # our fault


class FailureKind(StrEnum):
    """Where the fault of a failed job lay."""

    GPU = "gpu"  # the work that draws ended badly
    CAPACITY = "capacity"  # there was no machine to draw on
    TIMEOUT = "timeout"  # something took longer than it may
    INTERNAL = "internal"


ENDED = frozenset(
    {
        JobState.COMPLETED,
        JobState.REFUSED,
        JobState.CANCELLED,
        JobState.EXPIRED,
        JobState.FAILED,
    }
)
BAD_ENDS = ENDED - {JobState.COMPLETED}

# A running job may be cancelled or end badly at any moment; it goes forward only along these. One
# that is being cancelled ends as cancelled, so no step of its pipeline can carry it on.
FORWARD: dict[JobState, frozenset[JobState]] = {
    JobState.OPEN: frozenset({JobState.MODERATING}),
    JobState.MODERATING: frozenset({JobState.IN_REVIEW, JobState.GENERATING}),
    JobState.IN_REVIEW: frozenset({JobState.GENERATING}),
    JobState.GENERATING: frozenset({JobState.FINISHING}),
    JobState.FINISHING: frozenset({JobState.GENERATING, JobState.COMPLETED}),  # back: one redraw
}
AT_ANY_MOMENT = BAD_ENDS - {JobState.CANCELLED} | {JobState.CANCELLING}


def new_job_id() -> JobId:
    """128 random bits: says nothing about the user and cannot be guessed."""
    return JobId(f"j{secrets.token_hex(16)}")


class Consent(Record):
    """Which text the user agreed to, and when."""

    version: str = Field(min_length=1, max_length=64, examples=["2026-11"])
    accepted_at: AwareDatetime


class TimelineEntry(Record):
    """An entry of a job's timeline."""

    state: JobState
    at: AwareDatetime


class Job(Record):
    """What a job is. `version` counts its changes: a save needs the one it was read with."""

    job_id: JobIdField
    user_id: UserIdField
    user_hash: UserHash = Field(description="the user as a keyed hash, under which days are counted")
    version: int = 1
    state: JobState = JobState.OPEN
    reason: Reason | None = None
    failure: FailureKind | None = None
    tier: str = Field(description="looked at when the job is opened, frozen when it is submitted")
    backend: str | None = Field(default=None, description="how it is drawn; frozen likewise")
    styles: tuple[StyleIdField, ...] = Field(min_length=1, max_length=MAX_STYLES)
    avatars: int = Field(ge=1, le=MAX_AVATARS)
    consent: Consent
    seed: int = Field(ge=0)
    created_at: AwareDatetime
    submit_by: AwareDatetime
    day: Day | None = Field(default=None, description="the user's calendar day that this job takes")
    day_ends_at: AwareDatetime | None = Field(default=None, description="when the next one begins")
    attempt: int = Field(default=0, ge=0, le=2, description="generation attempts started")
    photos_deleted_at: AwareDatetime | None = None
    avatars_expire_at: AwareDatetime | None = None
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def minimum(self) -> int:
        """Fewer avatars than this (half of what was asked, rounded up) return the day."""
        return (self.avatars + 1) // 2

    def change(self, **fields: object) -> Self:
        """The job's next version, checked as if it had just been read."""
        return self.model_validate(self.model_dump() | fields | {"version": self.version + 1})

    def move(self, state: JobState, now: datetime, **fields: object) -> Self:
        """The job's next version in another state; Conflict where the rules have no such move."""
        if not self.may_become(state):
            raise Conflict(f"job {self.job_id} is {self.state} and cannot become {state}")
        moment = TimelineEntry(state=state, at=now)
        return self.change(state=state, timeline=(*self.timeline, moment), **fields)

    def may_become(self, state: JobState) -> bool:
        if self.ended:
            return False
        if self.state is JobState.CANCELLING:
            return state is JobState.CANCELLED
        return state in FORWARD[self.state] or state in AT_ANY_MOMENT

    def require(self, *states: JobState) -> None:
        if self.state not in states:
            raise Conflict(f"job {self.job_id} is {self.state}: this needs {' or '.join(states)}")
