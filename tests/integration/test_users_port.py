"""Users, on the fake and on DynamoDB."""

from concurrent.futures import ThreadPoolExecutor

from likeness.domain.ids import UserId
from tests.builders import USER, plus


def test_nobody_has_a_zone_or_plus_before_anything_happened(tables):
    assert tables.users.time_zone(USER) is None
    assert tables.users.plus(USER) is None


def test_the_first_zone_stays(tables):
    assert tables.users.fix_time_zone(USER, "Europe/Berlin") == "Europe/Berlin"
    assert tables.users.fix_time_zone(USER, "Pacific/Apia") == "Europe/Berlin"
    assert tables.users.time_zone(USER) == "Europe/Berlin"
    assert tables.users.time_zone(UserId("user-2")) is None


def test_two_first_jobs_at_once_agree_on_a_zone(tables):
    zones = ["Europe/Berlin", "America/New_York"] * 5

    with ThreadPoolExecutor(10) as pool:
        fixed = set(pool.map(lambda zone: tables.users.fix_time_zone(USER, zone), zones))

    assert fixed == {tables.users.time_zone(USER)}


def test_plus_comes_back_as_billing_reported_it(tables):
    tables.entitle(USER, plus())

    assert tables.users.plus(USER) == plus()


def test_fixing_the_zone_leaves_plus_alone(tables):
    tables.entitle(USER, plus())

    tables.users.fix_time_zone(USER, "Europe/Berlin")

    assert tables.users.plus(USER) == plus()
