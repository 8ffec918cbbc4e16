"""Users, erasures and job durations: the fakes, and DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from likeness.adapters.jobs.durations_table import DurationsTable
from likeness.domain.account.erasure import Erasure, ErasureState, new_erasure_id
from likeness.domain.account.quota import QuotaState, UserZone
from likeness.domain.account.user import Profile
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.jobs.estimate import ENOUGH, SLOT, bucket
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from tests.builders import (
    BERLIN,
    JOB,
    MIDNIGHT,
    NOW,
    OTHER_JOB,
    TODAY,
    USER,
    USER_HASH,
    a_job,
    an_avatar,
    ended,
    photos,
    plus,
)  # fmt: skip

TOKYO = UserZone(name="Asia/Tokyo", fixed_at=NOW)


def an_erasure(user_id: UserId = USER) -> Erasure:
    return Erasure(erasure_id=new_erasure_id(), user_id=user_id, requested_at=NOW)


def entitle(tables, decision: Plus, *, now=NOW) -> Plus | None:
    return tables.users.entitle(USER, decision, user_hash=USER_HASH, now=now)


def test_an_unknown_user_has_an_empty_profile(tables):
    assert tables.users.profile(USER) == Profile()


def test_a_time_zone_is_read_as_it_was_stored(tables):
    tables.users.save_zone(USER, BERLIN, seen=None)
    tables.users.save_zone(USER, BERLIN, seen=None)  # sent twice

    assert tables.users.profile(USER).zone == BERLIN
    assert tables.users.profile(UserId("user-2")).zone is None


def test_a_concurrently_changed_time_zone_is_not_overwritten(tables):
    tables.users.save_zone(USER, BERLIN, seen=None)

    for seen in (None, TOKYO):
        with pytest.raises(Conflict):
            tables.users.save_zone(USER, TOKYO.model_copy(update={"name": "UTC"}), seen=seen)

    changed = BERLIN.changed_to("Asia/Tokyo", NOW + timedelta(days=31))
    tables.users.save_zone(USER, changed, seen=BERLIN)
    assert tables.users.profile(USER).zone == changed


def test_two_concurrent_first_time_zones_leave_one(tables):
    def fix(n: int) -> bool:
        zone = UserZone(name=("Europe/Berlin", "America/New_York")[n % 2], fixed_at=NOW)
        try:
            tables.users.save_zone(USER, zone, seen=None)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        won = list(pool.map(fix, range(10)))

    assert sum(won) == 5  # one zone's fields only, not a mixture


def test_the_newest_entitlement_is_kept(tables):
    older = plus(effective_at=NOW - timedelta(days=9))

    assert entitle(tables, plus()) == plus()
    assert entitle(tables, older) == plus()
    assert entitle(tables, plus()) == plus()
    longer = plus(expires_at=NOW + timedelta(days=99))
    assert entitle(tables, longer) == longer

    assert tables.users.profile(USER).plus == longer


def test_a_stored_entitlement_of_the_future_loses_against_any(tables):
    future = plus(effective_at=datetime(8999, 1, 1, tzinfo=UTC))
    assert entitle(tables, future) == future

    refund = plus(effective_at=NOW - timedelta(days=9), expires_at=NOW)
    assert entitle(tables, refund) == refund

    assert entitle(tables, plus()) == plus()


def test_after_an_erasure_only_a_later_decision_is_stored(tables):
    entitle(tables, plus())
    tables.users.remember_erasure(USER_HASH, NOW)
    tables.users.delete(USER)

    for late in (plus(), plus(effective_at=NOW)):
        assert entitle(tables, late) is None
    assert tables.users.profile(USER) == Profile()

    again = plus(effective_at=NOW + timedelta(seconds=1))
    assert entitle(tables, again) == again
    assert tables.users.profile(USER).plus == again


def test_a_decision_that_arrives_while_its_user_is_erased_is_not_stored_after_it(tables):
    with ThreadPoolExecutor(10) as pool:
        told = [pool.submit(entitle, tables, plus()) for _ in range(20)]
        tables.users.remember_erasure(USER_HASH, NOW)
        tables.users.delete(USER)
        for one in told:
            one.result()

    assert tables.users.profile(USER) == Profile()


def test_the_newest_of_concurrent_entitlements_is_kept(tables):
    said = [plus(effective_at=NOW - timedelta(hours=n)) for n in range(20)]

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda one: entitle(tables, one), said[::-1]))

    assert tables.users.profile(USER).plus == said[0]


def test_time_zone_and_plus_do_not_overwrite_each_other(tables):
    tables.users.save_zone(USER, BERLIN, seen=None)
    entitle(tables, plus())

    assert tables.users.profile(USER) == Profile(zone=BERLIN, plus=plus())


def test_exonerated_photos_are_stored_in_the_profile(tables):
    entitle(tables, plus())
    assert tables.users.profile(USER).exonerated == {}

    nude, both = (
        frozenset({Reason.POLICY_NUDITY}),
        frozenset({Reason.MINOR_AGE_DOUBT, Reason.POLICY_NUDITY}),
    )
    tables.users.exonerate(USER, {"hmac-1": nude, "hmac-2": nude})
    tables.users.exonerate(USER, {"hmac-2": both})

    known = tables.users.profile(USER)
    assert known == Profile(plus=plus(), exonerated={"hmac-1": nude, "hmac-2": both})
    assert tables.users.profile(UserId("user-2")).exonerated == {}


def test_exonerating_nothing_changes_nothing(tables):
    tables.users.exonerate(USER, {})

    assert tables.users.profile(USER) == Profile()


# --- erasing -------------------------------------------------------------------------------------


def test_an_erasure_marks_the_user_and_runs_once(tables):
    first = tables.erasures.begin(an_erasure())

    assert tables.erasures.begin(an_erasure()) == first
    assert tables.users.profile(USER).erasing == first.erasure_id
    assert tables.users.profile(UserId("user-2")).erasing is None


def test_no_job_starts_for_a_user_who_is_being_erased(tables):
    tables.erasures.begin(an_erasure())

    with pytest.raises(Conflict, match="erased"):
        tables.jobs.create(a_job(), photos())

    with pytest.raises(NotFound):
        tables.jobs.get(JOB)


def test_an_erasure_is_read_as_it_was_stored(tables):
    erasure = tables.erasures.begin(an_erasure()).count(JOB, objects=31)
    tables.erasures.save(erasure)
    assert tables.erasures.get(erasure.erasure_id) == erasure

    done = erasure.finish(NOW)
    tables.erasures.save(done)

    assert tables.erasures.get(erasure.erasure_id) == done
    assert (done.state, done.user_id) == (ErasureState.DONE, None)


def test_an_unknown_erasure_is_not_found(tables):
    with pytest.raises(NotFound):
        tables.erasures.get(new_erasure_id())


def test_a_users_jobs_are_listed_oldest_first(tables):
    tables.jobs.create(a_job(job_id=OTHER_JOB, created_at=NOW - timedelta(days=3)), [])
    tables.jobs.create(a_job(), [])
    theirs = a_job(job_id=JobId("j" + "3" * 32), user_id=UserId("user-2"))
    tables.jobs.create(theirs, [])

    assert [job.job_id for job in tables.jobs.for_user(USER)] == [OTHER_JOB, JOB]


def test_a_job_is_deleted_with_all_its_records(tables):
    tables.jobs.create(a_job(), photos(10))
    tables.jobs.save_avatars([an_avatar(n) for n in range(1, 31)])
    tables.jobs.create(a_job(job_id=OTHER_JOB), photos(3, job_id=OTHER_JOB))

    tables.jobs.delete(JOB)
    tables.jobs.delete(JOB)

    assert tables.jobs.photos(JOB) == tables.jobs.avatars(JOB) == []
    assert [job.job_id for job in tables.jobs.for_user(USER)] == [OTHER_JOB]
    assert len(tables.jobs.photos(OTHER_JOB)) == 3


def test_a_user_is_deleted_and_the_counted_day_stays(tables):
    tables.users.save_zone(USER, BERLIN, seen=None)
    tables.jobs.create(a_job(), [])
    submitted = a_job().move(JobState.MODERATING, NOW, day=TODAY, day_ends_at=MIDNIGHT)
    tables.ledger.reserve(submitted, limit=1, now=NOW)
    tables.ledger.settle(ended(submitted), QuotaState.SPENT, now=NOW)

    tables.users.delete(USER)
    tables.users.delete(USER)

    assert tables.users.profile(USER) == Profile()
    assert tables.ledger.entries(USER, TODAY) == []
    assert tables.ledger.used(USER_HASH, TODAY) == 1


# --- job durations -------------------------------------------------------------------------------


def test_the_durations_of_the_latest_slots_with_enough_jobs_are_added_up(tables):
    """Of 40 slots with three jobs each, the latest 34 have enough."""
    job = a_job(JobState.COMPLETED)
    for n in range(40 * 3):
        tables.durations.add(job, 60.0 if n % 3 else 10.0 * n + 1, NOW + n // 3 * SLOT)

    recent = tables.durations.recent("training-job", "lite")

    assert recent[bucket(60)] == 2 * 34
    assert sum(recent.values()) == 3 * 34 >= ENOUGH
    assert min(recent) == bucket(60)
    assert bucket(10.0 * 117 + 1) in recent
    assert tables.durations.recent("training-job", "plus") == {}
    assert tables.durations.recent("async-endpoint", "lite") == {}


def test_jobs_that_end_in_one_slot_are_one_item_and_it_is_read_once_a_minute(table):
    clock = iter([0.0, 0.0, 59.9, 60.0, 60.0])
    durations = DurationsTable(table, lambda: next(clock))
    for n in range(30):
        durations.add(a_job(JobState.COMPLETED), 61.2, NOW + timedelta(seconds=n))
    (item,) = table.scan()["Items"]
    assert item["ttl"] == (NOW + timedelta(days=14, seconds=29)).timestamp()

    assert durations.recent("training-job", "lite") == {bucket(61.2): 30}
    durations.add(a_job(JobState.COMPLETED), 61.2, NOW)
    assert durations.recent("training-job", "lite") == {bucket(61.2): 30}
    assert durations.recent("training-job", "lite") == {bucket(61.2): 31}
