"""Once a day: the user's calendar day, and what is reserved, spent and given back on it."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict, Invalid
from likeness.domain.ids import JobIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

ZONE_STAYS = timedelta(days=30)  # a zone changes at most once in that time

Day = NewType("Day", str)  # ISO date in the user's own zone, "2026-11-22"


def day_is_reserved(next_day_begins_at: datetime) -> str:
    """What a user is told whose day is used up."""
    return f"today's avatars were made: the next day begins at {next_day_begins_at.isoformat()}"


def check_zone(name: str) -> None:
    """Raise Invalid where there is no time zone of that IANA name."""
    zone(name)


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name; Invalid where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise Invalid(
            f"time_zone {name!r} is not an IANA time zone: send one like 'Europe/Berlin'"
        ) from unknown


def day_of(now: datetime, time_zone: str) -> Day:
    """The calendar day that a clock on the user's wall shows."""
    return Day(now.astimezone(zone(time_zone)).date().isoformat())


def midnight_after(day: Day, time_zone: str) -> datetime:
    """When that day ends, in UTC.

    Asked of the calendar, never by adding 24 hours: days of 23 and 25 hours exist. Where clocks
    are put forward at midnight, the day begins at the first moment there is.
    """
    tomorrow = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone(time_zone)).astimezone(UTC)


class ReservedDay(Record):
    """A day that a job took, and when it ends where that user lives."""

    day: Day
    ends_at: AwareDatetime


class UserZone(Record):
    """The time zone in which a user's days are counted, and what was counted before it.

    Fixed by the first job. Another zone may be asked for 30 days after the last change, and holds
    from the end of the day in which it was asked for: so a day that was taken stays that day, and
    a traveller has no two days on one. Days never go back: where it is still yesterday in the new
    zone, today lasts longer.
    """

    name: str
    fixed_at: AwareDatetime
    before: ReservedDay | None = Field(
        default=None, description="the last day counted in the zone before; this one holds after it"
    )

    @classmethod
    def first(cls, name: str, now: datetime, taken: ReservedDay | None = None) -> Self:
        """The zone of somebody's first job. Whoever was erased may have `taken` a day before."""
        return cls(name=name, fixed_at=now, before=taken)

    def day(self, now: datetime) -> Day:
        if self.before is None:
            return day_of(now, self.name)
        if now < self.before.ends_at:
            return self.before.day
        return max(day_of(now, self.name), self.before.day)

    def next_day_begins(self, now: datetime) -> datetime:
        """When the user's next day begins, in UTC. Never by adding 24 hours."""
        today = self.day(now)
        if self.before and now < self.before.ends_at and self.day(self.before.ends_at) > today:
            return self.before.ends_at
        return midnight_after(today, self.name)

    def asked_for(self, name: str, now: datetime) -> Self:
        """The user's zone once this one is asked for; the same, where it is too soon to change."""
        if name == self.name or now < self.fixed_at + ZONE_STAYS:
            return self
        today = ReservedDay(day=self.day(now), ends_at=self.next_day_begins(now))
        return type(self)(name=name, fixed_at=now, before=today)


# A grant that comes late in the day would hardly be of use: from six in the evening on it is for
# the day that follows.
GRANTS_LOOK_AHEAD = timedelta(hours=6)


def grant_day(now: datetime, zone: UserZone) -> Day:
    """On which day a user gets the job that a wrong refusal cost them."""
    return zone.day(now + GRANTS_LOOK_AHEAD)


class QuotaState(StrEnum):
    RESERVED = "reserved"
    SPENT = "spent"
    RETURNED = "returned"
    GRANTED = "granted"  # one more than the tier has: a refusal on another day was wrong


class QuotaEntry(Record):
    """What one job did to a day: reserved once, then spent or returned once."""

    job_id: JobIdField
    day: Day
    state: QuotaState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None

    def settle(self, state: QuotaState, now: datetime, reason: Reason | None) -> Self:
        if self.state is not QuotaState.RESERVED:
            raise Conflict(f"the day of job {self.job_id} is {self.state} already")
        return self.model_validate(
            self.model_dump() | {"state": state, "settled_at": now, "reason": reason}
        )
