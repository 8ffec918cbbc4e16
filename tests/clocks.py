"""Expectations that depend on the clock of a running server, which tests cannot set."""

from datetime import UTC, datetime
from typing import Any

from likeness.domain.account.quota import UserZone, grant_day


def morning_zone(now: datetime) -> str:
    """An IANA zone without clock changes in which it is between 9:00 and 10:00.

    While a test runs, its user's day does not end there, and grants are for that same day.
    """
    east = (9 - now.astimezone(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"  # in these names, hours west of Greenwich are positive


def jobs_left(quota: dict[str, Any], *, reserved: str, granted: str) -> int:
    """The jobs left on the day of `quota`, after one that spent its day and a grant for it.

    `reserved` and `granted` are the server's ISO times; the domain says which day a grant is for.
    """
    zone = UserZone.first(quota["time_zone"], datetime.fromisoformat(reserved))
    spent = zone.day(datetime.fromisoformat(reserved)) == quota["day"]
    more = grant_day(datetime.fromisoformat(granted), zone) == quota["day"]
    left: int = quota["limit"] - spent + more
    return left
