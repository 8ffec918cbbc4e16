"""The user's local date, in any time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from likeness.domain.account.quota import (
    QuotaEntry,
    QuotaState,
    UserZone,
    day_of,
    first_day,
    midnight_after,
)
from likeness.domain.account.time_zones import current_name, names, rules
from likeness.domain.errors import Conflict, Invalid
from likeness.domain.reasons import Reason
from tests.builders import JOB, NOW, TODAY

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving time
    "Pacific/Apia",  # without a 30 December 2011
    "America/Santiago",  # clocks go forward at midnight: that day begins at 1:00
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "UTC",
)


def at(text: str, zone_name: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone_name)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone_name", "begins", "ends", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T00:00", "2026-03-30T00:00", 23),
        ("Europe/Berlin", "2026-10-25T00:00", "2026-10-26T00:00", 25),
        ("America/New_York", "2026-03-08T00:00", "2026-03-09T00:00", 23),
        ("America/New_York", "2026-11-01T00:00", "2026-11-02T00:00", 25),
        ("Australia/Lord_Howe", "2026-04-05T00:00", "2026-04-06T00:00", 24.5),
        ("Australia/Lord_Howe", "2026-10-04T00:00", "2026-10-05T00:00", 23.5),
        ("Pacific/Apia", "2011-12-29T00:00", "2011-12-31T00:00", 24),
        ("Europe/Berlin", "2026-11-22T00:00", "2026-11-23T00:00", 24),
    ],
)
def test_days_with_clock_changes_have_23_or_25_hours(zone_name, begins, ends, hours):
    first, after = at(begins, zone_name), at(ends, zone_name)
    day = begins[:10]

    assert after - first == timedelta(hours=hours)
    assert day_of(first, zone_name) == day
    assert day_of(after - timedelta(seconds=1), zone_name) == day
    assert day_of(first - timedelta(seconds=1), zone_name) != day
    assert day_of(after, zone_name) == ends[:10]
    for moment in (first, first + timedelta(hours=12), after - timedelta(seconds=1)):
        assert midnight_after(day_of(moment, zone_name), zone_name) == after


def test_one_moment_can_be_two_days_in_two_zones():
    assert day_of(NOW, "Pacific/Kiritimati") == "2026-11-23"
    assert day_of(NOW, "Pacific/Pago_Pago") == "2026-11-22"


@given(
    moment=st.integers(min_value=946_684_800, max_value=2_208_988_800),  # 2000 to 2040
    zone_name=st.sampled_from(ZONES),
)
def test_the_next_day_begins_later_and_has_another_date(moment, zone_name):
    moment = datetime.fromtimestamp(moment, UTC)
    begins = midnight_after(day_of(moment, zone_name), zone_name)

    assert begins > moment
    assert begins - moment <= timedelta(hours=26)
    assert day_of(begins, zone_name) > day_of(moment, zone_name)
    assert day_of(begins - timedelta(seconds=1), zone_name) == day_of(moment, zone_name)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../zoneinfo", "/etc/passwd", "Europe", "\0"])
def test_an_unknown_time_zone_is_invalid(name):
    for look_up in (current_name, rules):
        with pytest.raises(Invalid, match="IANA"):
            look_up(name)


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Berlin", "zone.tab"],
)
def test_a_file_of_the_host_that_is_no_zone_of_the_database_is_invalid(name):
    with pytest.raises(Invalid, match="IANA"):
        current_name(name)


def test_every_name_of_the_database_has_rules_and_the_host_is_not_read(monkeypatch):
    monkeypatch.setattr("zoneinfo.TZPATH", ("/nowhere",))
    for name, current in names().items():
        assert current in names()
        assert names()[current] == current
        assert NOW.astimezone(rules(name)).utcoffset() == NOW.astimezone(rules(current)).utcoffset()
    assert len(names()) > 590


@pytest.mark.parametrize(
    ("name", "current"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Etc/UTC", "UTC"),
        ("Zulu", "UTC"),
        ("Europe/Oslo", "Europe/Oslo"),  # has Berlin's rules, and is a place of its own
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_an_old_name_has_the_current_name_of_its_zone(name, current):
    assert current_name(name) == current


def test_a_day_is_an_iso_date():
    assert date.fromisoformat(day_of(NOW, "UTC")) == NOW.date()
    assert datetime.combine(NOW.date(), time(), UTC) < NOW


@pytest.mark.parametrize("state", [QuotaState.SPENT, QuotaState.RETURNED])
def test_an_entry_is_settled_once(state):
    entry = QuotaEntry(job_id=JOB, day=TODAY, state=QuotaState.RESERVED, reserved_at=NOW)

    settled = entry.settle(state, NOW, Reason.SYSTEM_UNAVAILABLE)

    assert (settled.state, settled.settled_at) == (state, NOW)
    assert settled.reason is Reason.SYSTEM_UNAVAILABLE
    with pytest.raises(Conflict):
        settled.settle(state, NOW, None)


# --- changes of the user's time zone --------------------------------------------------------------

A_MONTH = timedelta(days=30)


def moved(from_: str, to: str, when: datetime) -> UserZone:
    """The zone of a user whose first job was long ago and who asks for another one."""
    zone = UserZone(name=from_, fixed_at=when - A_MONTH).changed_to(to, when)
    assert zone.name == to
    return zone


def test_a_time_zone_changes_at_most_once_in_thirty_days():
    zone = UserZone(name="Europe/Berlin", fixed_at=NOW)

    assert zone.changed_to("Asia/Tokyo", NOW + A_MONTH - timedelta(seconds=1)) is zone
    assert zone.changed_to("Europe/Berlin", NOW + A_MONTH) is zone
    changed = zone.changed_to("Asia/Tokyo", NOW + A_MONTH)
    assert changed.name == "Asia/Tokyo"
    assert changed.changed_to("Europe/Berlin", NOW + A_MONTH + timedelta(days=29)) is changed


@pytest.mark.parametrize(
    ("stored", "sent"), [("Asia/Kolkata", "Asia/Calcutta"), ("Asia/Calcutta", "Asia/Kolkata")]
)
def test_an_old_name_of_the_same_zone_is_no_change(stored, sent):
    zone = UserZone(name=stored, fixed_at=NOW - A_MONTH)

    assert zone.changed_to(sent, NOW) is zone


def test_a_zone_is_stored_by_its_current_name():
    assert UserZone.first("Asia/Calcutta", NOW).name == "Asia/Kolkata"
    assert moved("Europe/Berlin", "Asia/Kolkata", NOW).name == "Asia/Kolkata"


def test_a_change_waits_for_the_end_of_the_day_of_the_previous_zone():
    zone = moved("Europe/Berlin", "Pacific/Auckland", NOW)
    midnight = at("2026-11-23T00:00", "Europe/Berlin")

    assert (zone.in_force(NOW), zone.waits_until(NOW)) == ("Europe/Berlin", midnight)
    assert (zone.in_force(midnight), zone.waits_until(midnight)) == ("Pacific/Auckland", None)


def test_travelling_east_gives_no_second_day_on_the_day_of_the_change():
    """It is already tomorrow in Auckland; the day still ends in Berlin first."""
    zone = moved("Europe/Berlin", "Pacific/Auckland", NOW)

    assert zone.day(NOW) == TODAY
    midnight = at("2026-11-23T00:00", "Europe/Berlin")
    assert zone.next_day_begins(NOW) == midnight
    assert zone.day(midnight - timedelta(seconds=1)) == TODAY
    assert zone.day(midnight) == "2026-11-23"


def test_travelling_west_makes_the_day_longer_and_never_goes_back():
    """At midnight in Kiritimati it is 25 hours earlier in Pago Pago."""
    when = at("2026-11-22T12:00", "Pacific/Kiritimati")
    zone = moved("Pacific/Kiritimati", "Pacific/Pago_Pago", when)

    for hours in range(49):
        assert zone.day(when + timedelta(hours=hours)) >= "2026-11-22"
    after = at("2026-11-23T00:00", "Pacific/Pago_Pago")
    assert zone.next_day_begins(when) == after
    assert zone.day(after - timedelta(seconds=1)) == "2026-11-22"
    assert zone.day(after) == "2026-11-23"


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 96),
)
def test_days_only_go_forward_and_end_at_the_announced_time(from_, to, when, hours):
    zone = UserZone(name=from_, fixed_at=when - A_MONTH).changed_to(to, when)
    moment = when + timedelta(hours=hours)
    day, begins = zone.day(moment), zone.next_day_begins(moment)

    assert begins > moment
    assert day >= first_day(moment)
    assert zone.day(begins - timedelta(seconds=1)) == day
    assert zone.day(begins) > day
