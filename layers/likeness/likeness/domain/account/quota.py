"""Daily quota: the user's local date, and reserving, spending and returning a quota day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NewType, Self

from pydantic import AwareDatetime, Field

from likeness.domain.account.time_zones import current_name, rules
from likeness.domain.errors import Conflict, OverQuota
from likeness.domain.ids import JobIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE_CHANGE_INTERVAL = timedelta(days=30)  # minimum time between two changes

Day = NewType("Day", str)  # ISO date in the user's time zone, "2026-11-22"


def day_of(now: datetime, time_zone: str) -> Day:
    return Day(now.astimezone(rules(time_zone)).date().isoformat())


def midnight_after(day: Day, time_zone: str) -> datetime:
    """Returns the end of that day, in UTC.

    Computed from the calendar, not by adding 24 hours: days of 23 and 25 hours exist. If clocks go
    forward at midnight, the day begins at the first existing local time.
    """
    tomorrow = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), rules(time_zone)).astimezone(UTC)


def first_day(now: datetime) -> Day:
    """Returns a day before which no user's day is now: in no time zone does one end later."""
    return Day((now.astimezone(UTC) - timedelta(days=1)).date().isoformat())


class ReservedDay(Record):
    """A quota day that a job reserved, and when it ends in the user's zone."""

    day: Day
    ends_at: AwareDatetime


class UserZone(Record):
    """The time zone in which a user's quota days are counted.

    Set by the first job. It may change 30 days after the last change, and the new zone applies from
    the end of the current day: a reserved day keeps its date, and travelling does not give two
    quota days for one. Days never go back: if it is still yesterday in the new zone, today lasts
    longer.
    """

    name: str
    fixed_at: AwareDatetime
    before: ReservedDay | None = Field(
        default=None,
        description="last day counted in the previous zone; this zone applies after it",
    )
    previous: str | None = Field(
        default=None, description="the zone of `before`; None: not known any more, after an erasure"
    )

    @classmethod
    def first(cls, name: str, now: datetime, reserved: ReservedDay | None = None) -> Self:
        """The zone of a user's first job. An erased user may have `reserved` a day before."""
        return cls(name=current_name(name), fixed_at=now, before=reserved)

    def day(self, now: datetime) -> Day:
        if self.before is None:
            return day_of(now, self.name)
        if now < self.before.ends_at:
            return self.before.day
        return max(day_of(now, self.name), self.before.day)

    def next_day_begins(self, now: datetime) -> datetime:
        """Returns the start of the user's next day, in UTC; not by adding 24 hours."""
        today = self.day(now)
        if self.before and now < self.before.ends_at and self.day(self.before.ends_at) > today:
            return self.before.ends_at
        return midnight_after(today, self.name)

    def today(self, now: datetime) -> ReservedDay:
        return ReservedDay(day=self.day(now), ends_at=self.next_day_begins(now))

    def changed_to(self, name: str, now: datetime) -> Self:
        """Returns the zone after a request to change it; unchanged if it is too early.

        Another name of the same zone is no change. Raises Invalid for an unknown name.
        """
        return self if now < self.fixed_until else self.moved_to(name, now)

    def moved_to(self, name: str, now: datetime) -> Self:
        """The same at any time: a moderator's lead may correct a zone."""
        if current_name(name) == current_name(self.name):
            return self
        return type(self)(
            name=current_name(name),
            fixed_at=now,
            before=self.today(now),
            previous=self.in_force(now),
        )

    @property
    def fixed_until(self) -> datetime:
        """A request for another zone has no effect before."""
        return self.fixed_at + ZONE_CHANGE_INTERVAL

    def waits_until(self, now: datetime) -> datetime | None:
        """Returns from when this zone applies; None if it does."""
        waits = self.previous and self.before and now < self.before.ends_at
        return self.before.ends_at if self.before and waits else None

    def in_force(self, now: datetime) -> str:
        """Returns the name of the zone in which the day is counted now."""
        return current_name((self.previous if self.waits_until(now) else None) or self.name)


# A grant late in the day would be of little use: from 18:00 on it is for the next day.
GRANT_LOOKAHEAD = timedelta(hours=6)


def grant_day(now: datetime, zone: UserZone) -> Day:
    """Returns the day on which a user gets a job to replace a wrongly refused one."""
    return zone.day(now + GRANT_LOOKAHEAD)


class QuotaState(StrEnum):
    RESERVED = "reserved"
    SPENT = "spent"
    RETURNED = "returned"
    GRANTED = "granted"  # one more than the tier allows: replaces a wrongly refused job


class QuotaEntry(Record):
    """A job's effect on a quota day: reserved once, then spent or returned once."""

    job_id: JobIdField
    day: Day
    state: QuotaState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None

    def settle(self, state: QuotaState, now: datetime, reason: Reason | None) -> Self:
        if self.state is not QuotaState.RESERVED:
            raise Conflict(f"the quota day of job {self.job_id} is already {self.state}")
        return self.model_validate(
            self.model_dump() | {"state": state, "settled_at": now, "reason": reason}
        )


def over_quota(
    entries: Sequence[QuotaEntry], *, next_day_begins_at: datetime, now: datetime
) -> OverQuota:
    """Names the job that has the day: the one that runs, else the last one that spent it.

    There is none if the user was erased today.
    """
    begins = f"the next day begins at {next_day_begins_at.isoformat()}"
    running = [entry for entry in entries if entry.state is QuotaState.RESERVED]
    spent = [entry for entry in entries if entry.state is QuotaState.SPENT]
    return OverQuota(
        f"a job of today is running: {begins}" if running else f"today's quota is used: {begins}",
        reason=Reason.QUOTA_JOB_RUNNING if running else Reason.QUOTA_DAY_USED,
        job_id=(running or spent)[-1].job_id if running or spent else None,
        next_day_begins_at=next_day_begins_at,
        now=now,
    )
