"""The plan of a test job: what happens to it instead of inspection, moderation and drawing.

Only a stack with the parameter TestMode accepts one. docs/test-mode.md describes it for callers.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from likeness.domain.account.quota import Day, ReservedDay, UserZone, midnight_after
from likeness.domain.errors import Invalid, TestModeOff
from likeness.domain.ids import PhotoId, PhotoIdField, UserId
from likeness.domain.jobs.catalogue import Plus, Tier, tier_of
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.photos.photo import Box, PhotoProblem
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_SECONDS = 600
DETECTOR = "test"  # version of the detector in a planned verdict
ENGINE = BACKEND = "test"  # what drew a placeholder
FACE = Box(left=0.3, top=0.2, width=0.4, height=0.4)  # of every upload
WITHOUT_FACE = {Reason.QUALITY_TOO_SMALL, Reason.QUALITY_PANORAMA}  # the decoder refuses these

# Days that end in every time zone: the calendar's first and last do not.
PlannedDay = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(9000, 1, 1))]


class PlannedOutcome(StrEnum):
    """What happens to one photo of a test job."""

    UNUSABLE = "unusable"  # the inspection refuses it; it may be replaced
    LEFT_OUT = "left_out"  # after submission: the job goes on without it
    DOUBTFUL = "doubtful"  # after submission: the job goes to review
    REFUSED = "refused"  # after submission: the job is refused


class PlannedPhoto(Record):
    """A photo that is not simply accepted. Photos are numbered in the order of their uploads."""

    photo_id: PhotoIdField
    outcome: PlannedOutcome
    reason: Reason = Field(
        description="FILE, QUALITY or SUBJECT code for unusable; else POLICY, RIGHTS, MINOR or "
        "SUBJECT code"
    )

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        unusable = self.outcome is PlannedOutcome.UNUSABLE
        families = {"FILE", "QUALITY"} if unusable else {"POLICY", "RIGHTS", "MINOR"}
        if self.reason.family not in families | {"SUBJECT"}:
            raise ValueError(f"a photo cannot be {self.outcome} for {self.reason}")
        return self


class PlannedReview(Record):
    """A decision that follows by itself: the case does not enter the review queue."""

    decision: Literal["approve", "refuse", "expire"] = Field(
        description="refuse: the doubtful photos, each with its reason; expire: no decision in time"
    )
    after_s: int = Field(default=2, ge=0, le=MAX_SECONDS, description="seconds in review")


class TestPlan(Record):
    """A test job: it ends in seconds, as planned here; by default it completes.

    Uploads may be any bytes. They are deleted unread but for a checksum; the avatars are
    placeholders marked TEST, without Content Credentials or watermark. No quota day is taken.
    """

    __test__ = False  # no test class, whatever pytest thinks of its name

    photos: tuple[PlannedPhoto, ...] = Field(
        default=(), max_length=30, description="a photo that is not listed is accepted"
    )
    review: PlannedReview | None = Field(
        default=None, description="of the doubtful photos; null: a moderator decides"
    )
    drawing_s: int = Field(
        default=0, ge=0, le=MAX_SECONDS, description="seconds in generating, with progress"
    )
    failure: FailureKind | None = Field(
        default=None, description="the job fails with this cause: moderation before it draws"
    )
    avatars: int | None = Field(
        default=None,
        ge=0,
        description="avatars that come out; null: all; 0: the job fails for want of avatars",
    )
    day: PlannedDay | None = Field(
        default=None,
        description="the quota day of the submission, in a ledger that only test jobs use; null: "
        "the job reserves no day",
    )
    tier: Literal["lite", "plus"] | None = Field(
        default=None, description="null: the user's own tier"
    )
    submit_within_s: int | None = Field(
        default=None, ge=5, le=3600, description="then an open job expires; null: as usual"
    )

    @model_validator(mode="after")
    def _is_one_story(self) -> Self:
        ids = [photo.photo_id for photo in self.photos]
        if len(set(ids)) != len(ids):
            raise ValueError("photos must differ from one another")
        doubtful = self.planned(PlannedOutcome.DOUBTFUL)
        refused = self.planned(PlannedOutcome.REFUSED)
        if self.review and not doubtful:
            raise ValueError("a review needs a doubtful photo")
        if refused and (doubtful or self.failure or self.avatars is not None):
            raise ValueError("a refused photo ends the job: plan no review, failure or avatars")
        if self.failure and self.avatars is not None:
            raise ValueError("plan a failure or a number of avatars, not both")
        return self

    def planned(self, outcome: PlannedOutcome) -> dict[PhotoId, Reason]:
        return {one.photo_id: one.reason for one in self.photos if one.outcome is outcome}

    @property
    def drawing(self) -> timedelta:
        return timedelta(seconds=self.drawing_s)

    def problem(self, photo_id: PhotoId, others: Collection[PhotoId]) -> PhotoProblem | None:
        """Returns why the inspection refuses a photo. `others`: the accepted photos."""
        reason = self.planned(PlannedOutcome.UNUSABLE).get(photo_id)
        if reason is None:
            return None
        framed = reason.family == "QUALITY" and reason not in WITHOUT_FACE
        return PhotoProblem(
            reason=reason,
            box=FACE if framed or reason is Reason.SUBJECT_SEVERAL_FACES else None,
            duplicate_of=min(others, default=None) if reason is Reason.SUBJECT_DUPLICATE else None,
        )

    def check(self, accepted: Collection[PhotoId]) -> None:
        """Raises Invalid if a submitted job cannot follow the plan."""
        planned = {p.photo_id for p in self.photos if p.outcome is not PlannedOutcome.UNUSABLE}
        if missing := sorted(planned - set(accepted)):
            raise Invalid(f"test.photos names {', '.join(missing)}: these photos are not accepted")
        if planned == set(accepted) == set(self.planned(PlannedOutcome.LEFT_OUT)):
            raise Invalid("test.photos leaves out every photo: accept one more")


def require_test_mode(on: bool) -> None:
    """Raises TestModeOff unless the stack accepts test jobs."""
    if not on:
        raise TestModeOff("this stack has no TestMode: send nothing of a test, or use a test stack")


def plan_of_day(day: date | None, *, test_mode: bool) -> TestPlan | None:
    """Returns a plan of which only the day is known. Raises TestModeOff."""
    if day is None:
        return None
    require_test_mode(test_mode)
    return TestPlan(day=day)


def job_tier(
    test: TestPlan | None, plus: Plus | None, tiers: Mapping[str, Tier], now: datetime
) -> Tier:
    """Returns the planned tier of a test job, else the user's."""
    return tiers[test.tier] if test and test.tier else tier_of(plus, tiers, now)


def quota_day(test: TestPlan | None, zone: UserZone, now: datetime) -> ReservedDay | None:
    """Returns the day that a job reserves if it is submitted now; None for a test without a day."""
    if test is None:
        return zone.today(now)
    if test.day is None:
        return None
    day = Day(test.day.isoformat())
    return ReservedDay(day=day, ends_at=midnight_after(day, zone.in_force(now)))


def quota_clock(test: TestPlan | None, today: ReservedDay, now: datetime) -> datetime:
    """Returns the time from which a client waits for the next day: a planned day has just begun."""
    return today.ends_at - timedelta(days=1) if test else now


def counted_as(user_id: UserId, test: TestPlan | None) -> UserId:
    """Returns the name under which a job's days are counted: test jobs do not use up real days.

    No user id contains a space, so no user has a name of a test.
    """
    return UserId(f"test {user_id}") if test else user_id
