"""Quota, Plus and erasure of a user."""

from pydantic import AwareDatetime, Field

from likeness.api.message import JWS_EXAMPLE, Message
from likeness.domain.account.erasure import ErasureState
from likeness.domain.account.quota import QuotaState
from likeness.domain.ids import ErasureIdField, JobIdField
from likeness.domain.jobs.test_plan import PlannedDay
from likeness.domain.moment import Moment
from likeness.domain.reasons import Reason


class QuotaQuery(Message):
    test_day: PlannedDay | None = Field(
        default=None, description="the quota of test jobs on that day; needs TestMode"
    )


class QuotaEntryView(Message):
    """A job's effect on the quota day: reserved at submission, then spent or returned."""

    job_id: JobIdField
    state: QuotaState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None


class TierView(Message):
    """What a tier gives."""

    tier: str = Field(examples=["plus"])
    open: bool = Field(description="false: its users may not create avatars")
    jobs_a_day: int
    avatars_a_job: int
    styles_a_job: int
    reviewed_first: bool = Field(description="its reviews come before those of other tiers")
    photos_deleted_within_s: int = Field(
        description="seconds after the last avatar is drawn; 0: immediately"
    )


class QuotaView(Message):
    """Quota of the user's current local date."""

    day: str = Field(description="ISO date in `time_zone`", examples=["2026-11-22"])
    time_zone: str = Field(
        description="IANA time zone in which `day` is counted; changes at most once in 30 days",
        examples=["Europe/Berlin"],
    )
    next_time_zone: str | None = Field(
        default=None,
        description="a change that waits: the zone from `next_time_zone_from` on",
        examples=["Asia/Tokyo"],
    )
    next_time_zone_from: AwareDatetime | None = None
    time_zone_fixed_until: AwareDatetime | None = Field(
        default=None, description="a job in another zone changes nothing before; null: no job yet"
    )
    tier: str = Field(
        description="of a job that is submitted now; a submitted job keeps its own",
        examples=["lite"],
    )
    tiers: tuple[TierView, ...] = Field(description="what each tier gives")
    plus_expires_at: AwareDatetime | None = Field(default=None, description="null: no Plus now")
    limit: int = Field(
        description="jobs on this day, by the tier now: it changes when Plus begins or ends"
    )
    used: int
    left: int
    next_day_begins_at: AwareDatetime
    entries: tuple[QuotaEntryView, ...] = ()


class SetPlus(Message):
    """The user's Plus entitlement. Messages may arrive late, repeatedly and in any order."""

    expires_at: Moment = Field(description="a past time ends Plus")
    source: str = Field(min_length=1, max_length=64, examples=["app-store"])
    effective_at: Moment = Field(
        description="when billing decided this, not in the future; the newest wins"
    )


class PlusView(Message):
    """The entitlement in effect; not the one in the request if a newer one was stored."""

    active: bool
    erased: bool = Field(
        description="true: the user was erased after `effective_at`, and nothing was stored"
    )
    expires_at: AwareDatetime
    source: str = Field(examples=["app-store"])
    effective_at: AwareDatetime


class ErasureView(Message):
    """An erasure, with its receipt when done."""

    erasure_id: ErasureIdField
    state: ErasureState
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    jobs: int = Field(description="number of deleted jobs")
    objects: int = Field(
        description="number of objects of these jobs that were deleted, by the erasure or before it"
    )
    retained: str = Field(
        description="what is still stored, and for how long",
        examples=["A keyed hash of the user id with the quota days of its jobs, for 400 days."],
    )
    receipt: str | None = Field(
        default=None,
        description="compact JWS; null until done",
        examples=[JWS_EXAMPLE],
    )
