from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.clocks import jobs_left, morning_zone

YEAR = [
    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n, minutes=n % 60) for n in range(1300)
]


@pytest.mark.parametrize("hour", range(24))
def test_it_is_nine_in_the_morning_zone(hour):
    for now in (datetime(2026, 3, 1, hour, tzinfo=UTC), datetime(2026, 3, 1, hour, 59, tzinfo=UTC)):
        assert now.astimezone(ZoneInfo(morning_zone(now))).hour == 9


def test_in_the_morning_zone_a_grant_is_for_the_day_of_the_refusal():
    for now in YEAR:
        zone = morning_zone(now)
        later = now + timedelta(hours=1)
        quota = {
            "day": later.astimezone(ZoneInfo(zone)).date().isoformat(),
            "time_zone": zone,
            "limit": 1,
        }

        assert jobs_left(quota, reserved=now.isoformat(), granted=later.isoformat()) == 1


@pytest.mark.parametrize(
    ("reserved", "granted", "day", "left"),
    [
        ("2026-11-29T09:00", "2026-11-29T17:59", "2026-11-29", 1),
        ("2026-11-29T09:00", "2026-11-29T18:00", "2026-11-29", 0),
        ("2026-11-29T17:58", "2026-11-29T18:01", "2026-11-30", 2),
        ("2026-11-29T23:58", "2026-11-29T23:59", "2026-11-29", 0),
        ("2026-11-29T23:58", "2026-11-29T23:59", "2026-11-30", 2),
        ("2026-11-29T23:59", "2026-11-30T00:01", "2026-11-30", 2),
        ("2026-12-31T23:59", "2027-01-01T00:01", "2027-01-01", 2),
        # Clocks go back at 3:00: six hours before midnight is 18:00 all the same.
        ("2026-10-25T09:00", "2026-10-25T17:59", "2026-10-25", 1),
        ("2026-10-25T09:00", "2026-10-25T18:00", "2026-10-25", 0),
        ("2027-03-28T00:30", "2027-03-28T17:59", "2027-03-28", 1),
        ("2028-02-29T09:00", "2028-02-29T18:00", "2028-03-01", 2),
    ],
)
def test_in_berlin_a_grant_from_six_in_the_evening_is_for_the_following_day(
    reserved, granted, day, left
):
    def utc(text):
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        return local.astimezone(UTC).isoformat()

    quota = {"day": day, "time_zone": "Europe/Berlin", "limit": 1}

    assert jobs_left(quota, reserved=utc(reserved), granted=utc(granted)) == left
