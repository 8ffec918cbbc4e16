"""Once a day: the user's calendar day, and what is reserved, spent and given back on it."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime

from likeness.domain.errors import Conflict, Invalid
from likeness.domain.ids import JobIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

Day = NewType("Day", str)  # ISO date in the user's own zone, "2026-11-22"


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


def next_day_begins(now: datetime, time_zone: str) -> datetime:
    """When the user's next calendar day begins, in UTC.

    Asked of the calendar, never by adding 24 hours: days of 23 and 25 hours exist.
    """
    tomorrow = date.fromisoformat(day_of(now, time_zone)) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone(time_zone)).astimezone(UTC)


class EntryState(StrEnum):
    RESERVED = "reserved"
    SPENT = "spent"
    RETURNED = "returned"


class Entry(Record):
    """What one job did to its day: reserved once, then spent or returned once."""

    job_id: JobIdField
    day: Day
    state: EntryState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None

    def settle(self, state: EntryState, now: datetime, reason: Reason | None) -> Self:
        if self.state is not EntryState.RESERVED:
            raise Conflict(f"the day of job {self.job_id} is {self.state} already")
        return self.model_validate(
            self.model_dump() | {"state": state, "settled_at": now, "reason": reason}
        )
