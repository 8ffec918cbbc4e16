"""A user's quota as the app shows it."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from functions import app_queries
from likeness import bootstrap
from likeness.domain.account.quota import QuotaState, UserZone
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.services.account import get_quota as service
from tests.builders import JOB, MIDNIGHT, NOW, USER, Context, ended, plus, tiers


def quota(world, **lite):
    return service.get_quota(
        USER,
        users=world.users,
        ledger=world.ledger,
        keyed_hash=world.keyed_hash,
        clock=world.clock,
        tiers=tiers(**lite),
    )


def test_a_new_user_has_the_full_quota_in_utc(world):
    world.users.delete(USER)

    shown = quota(world)

    assert (shown.day, shown.used, shown.left) == ("2026-11-22", 0, 1)
    assert shown.next_day_begins_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_the_day_is_in_the_users_time_zone(world):
    world.users.change(USER, zone=UserZone(name="Pacific/Auckland", fixed_at=NOW))

    shown = quota(world)

    assert (shown.day, shown.time_zone) == ("2026-11-23", "Pacific/Auckland")
    assert shown.next_day_begins_at == datetime(2026, 11, 23, 11, tzinfo=UTC)


def test_a_change_of_time_zone_that_waits_is_shown_with_its_time(world):
    zone = UserZone(name="Europe/Berlin", fixed_at=NOW - timedelta(days=30))
    world.users.change(USER, zone=zone.changed_to("Asia/Calcutta", NOW))

    shown = quota(world)

    assert (shown.day, shown.time_zone) == ("2026-11-22", "Europe/Berlin")
    assert (shown.next_time_zone, shown.next_time_zone_from) == ("Asia/Kolkata", MIDNIGHT)
    assert shown.time_zone_fixed_until == NOW + timedelta(days=30)

    world.clock.set(MIDNIGHT)
    shown = quota(world)
    assert (shown.time_zone, shown.next_time_zone) == ("Asia/Kolkata", None)


def test_the_quota_of_a_user_without_a_job_has_no_fixed_zone(world):
    world.users.delete(USER)

    assert quota(world).time_zone_fixed_until is None


def test_each_entry_has_its_state_and_reason(world):
    job = world.has(JobState.MODERATING)
    reason = Reason.SYSTEM_UNAVAILABLE
    world.ledger.settle(ended(job, reason), QuotaState.RETURNED, now=NOW, reason=reason)

    (entry,) = quota(world).entries

    assert (entry.job_id, entry.state, entry.reason) == (JOB, QuotaState.RETURNED, reason)
    assert entry.settled_at == NOW


def test_a_closed_tier_has_no_jobs(world):
    assert quota(world, open=False).left == 0


@pytest.mark.parametrize(
    ("settled", "used"),
    [(None, 1), (QuotaState.SPENT, 1), (QuotaState.RETURNED, 0)],
)
def test_a_returned_day_is_not_counted_as_used(world, settled, used):
    job = world.has(JobState.MODERATING)
    if settled:
        world.ledger.settle(ended(job), settled, now=NOW)

    shown = quota(world)

    assert (shown.used, shown.left) == (used, 1 - used)


def test_plus_has_its_own_limit_until_it_ends(world):
    world.entitle(plus())
    assert quota(world).limit == 3

    world.clock.set(plus().expires_at)
    assert quota(world).limit == 1


def test_plus_that_begins_in_the_middle_of_a_day_adds_the_jobs_of_its_tier_at_once(world):
    world.has(JobState.MODERATING)
    assert (quota(world).limit, quota(world).left) == (1, 0)

    world.entitle(plus(effective_at=NOW))

    shown = quota(world)
    assert (shown.tier, shown.limit, shown.used, shown.left) == ("plus", 3, 1, 2)
    assert shown.plus_expires_at == plus().expires_at
    assert world.job.tier == "lite"


def test_what_each_tier_gives_is_shown(world):
    lite, better = quota(world).tiers

    assert (lite.tier, lite.jobs_a_day, lite.reviewed_first) == ("lite", 1, False)
    assert (better.tier, better.jobs_a_day, better.reviewed_first) == ("plus", 3, True)


def test_a_limit_below_the_used_jobs_leaves_none(world):
    """Two jobs with Plus in the morning, Lite in the evening."""
    for n in (1, 2):
        world.has(JobState.MODERATING, job_id=JobId("j" + str(n).zfill(32)), with_photos=[])

    shown = quota(world)

    assert (shown.limit, shown.used, shown.left) == (1, 2, 0)


def test_the_quota_of_tests_is_refused_where_test_mode_is_off(monkeypatch):
    monkeypatch.setattr(bootstrap, "settings", lambda: SimpleNamespace(test_mode=False))
    event = {
        "routeKey": "GET /v1/users/{user_id}/quota",
        "pathParameters": {"user_id": USER},
        "queryStringParameters": {"test_day": "2031-05-01"},
    }

    response = app_queries.handler(event, Context())

    assert response["statusCode"] == 403
    assert json.loads(response["body"])["error"] == "TestModeOff"
