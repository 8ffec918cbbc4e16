"""The quota ledger, once a day: the fake, and DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay
from likeness.domain.account.user import Profile
from likeness.domain.errors import Conflict, NotFound, OverQuota
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.test_plan import TestPlan
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
    ended,
)


def submitted(job_id: JobId = JOB, day: Day = TODAY, **fields) -> Job:
    """An open job's next version, with the day that it reserves."""
    return a_job(job_id=job_id, **fields).move(
        JobState.MODERATING, NOW, day=day, day_ends_at=MIDNIGHT
    )


def opened(tables, job_id: JobId = JOB, **fields) -> None:
    tables.jobs.create(a_job(job_id=job_id, **fields), [])


def reserve(tables, job: Job, limit: int = 1) -> None:
    tables.ledger.reserve(job, limit=limit, now=NOW)


def test_the_submitted_job_and_its_reserved_day_are_stored_together(tables):
    opened(tables)

    reserve(tables, submitted())

    assert tables.jobs.get(JOB) == submitted()
    assert tables.ledger.entries(USER, TODAY) == [
        QuotaEntry(job_id=JOB, day=TODAY, state=QuotaState.RESERVED, reserved_at=NOW)
    ]


def test_a_second_job_of_the_day_is_over_quota_and_stays_open(tables):
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted())

    with pytest.raises(OverQuota):
        reserve(tables, submitted(OTHER_JOB))

    assert tables.jobs.get(OTHER_JOB).state is JobState.OPEN
    assert [entry.job_id for entry in tables.ledger.entries(USER, TODAY)] == [JOB]


def test_a_tier_with_two_jobs_a_day_gets_two(tables):
    for n, limit in enumerate((2, 2), start=1):
        job_id = JobId("j" + str(n).zfill(32))
        opened(tables, job_id)
        reserve(tables, submitted(job_id), limit=limit)

    assert len(tables.ledger.entries(USER, TODAY)) == 2


def test_a_tier_without_jobs_gets_none(tables):
    opened(tables)

    with pytest.raises(OverQuota):
        reserve(tables, submitted(), limit=0)

    assert tables.jobs.get(JOB).state is JobState.OPEN


@pytest.mark.parametrize(
    "other",
    [{"day": Day("2026-11-23")}, {"user_id": UserId("user-2"), "user_hash": "hash-of-user-2"}],
)
def test_another_day_and_another_user_can_be_reserved(tables, other):
    opened(tables)
    opened(tables, OTHER_JOB, **{k: v for k, v in other.items() if k != "day"})
    reserve(tables, submitted())

    reserve(tables, submitted(OTHER_JOB, **other))

    assert tables.jobs.get(OTHER_JOB).state is JobState.MODERATING


def test_a_reservation_that_is_repeated_counts_once(tables):
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted(), limit=2)

    reserve(tables, submitted(), limit=2)
    reserve(tables, submitted(OTHER_JOB), limit=2)

    assert [entry.job_id for entry in tables.ledger.entries(USER, TODAY)] == [JOB, OTHER_JOB]


def test_a_job_that_changed_since_it_was_read_reserves_no_day(tables):
    opened(tables)
    opened(tables, OTHER_JOB)
    tables.jobs.save(a_job().move(JobState.CANCELLING, NOW))

    with pytest.raises(Conflict):
        reserve(tables, submitted())

    assert tables.ledger.entries(USER, TODAY) == []
    reserve(tables, submitted(OTHER_JOB))


def test_a_job_cannot_reserve_two_days(tables):
    """JobStateView at 23:59:59 in one tab and at 00:00:01 in another."""
    opened(tables)
    reserve(tables, submitted())

    with pytest.raises(Conflict):
        reserve(tables, submitted(day=Day("2026-11-23")))

    assert tables.ledger.entries(USER, Day("2026-11-23")) == []


def test_a_job_without_a_day_can_neither_reserve_nor_settle(tables):
    opened(tables)

    with pytest.raises(Conflict):
        reserve(tables, a_job().change())
    with pytest.raises(Conflict):
        tables.ledger.settle(a_job(), QuotaState.SPENT, now=NOW)


def test_a_spent_day_cannot_be_reserved_again(tables):
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted())

    tables.ledger.settle(ended(submitted()), QuotaState.SPENT, now=NOW)

    assert tables.ledger.entries(USER, TODAY)[0].state is QuotaState.SPENT
    with pytest.raises(OverQuota):
        reserve(tables, submitted(OTHER_JOB))


def test_a_returned_day_can_be_reserved_again_and_names_its_reason(tables):
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted())

    tables.ledger.settle(
        ended(submitted()), QuotaState.RETURNED, now=NOW, reason=Reason.SYSTEM_UNAVAILABLE
    )

    entry = tables.ledger.entries(USER, TODAY)[0]
    assert (entry.state, entry.reason) == (QuotaState.RETURNED, Reason.SYSTEM_UNAVAILABLE)
    assert entry.settled_at == NOW
    reserve(tables, submitted(OTHER_JOB))


@pytest.mark.parametrize("first", [QuotaState.SPENT, QuotaState.RETURNED])
@pytest.mark.parametrize("second", [QuotaState.SPENT, QuotaState.RETURNED])
def test_settling_twice_changes_nothing(tables, first, second):
    opened(tables)
    reserve(tables, submitted())
    tables.ledger.settle(ended(submitted()), first, now=NOW)
    settled = tables.ledger.entries(USER, TODAY)

    tables.ledger.settle(ended(submitted()), second, now=NOW, reason=Reason.SYSTEM_UNAVAILABLE)

    assert tables.ledger.entries(USER, TODAY) == settled


def test_a_day_returned_twice_allows_one_more_job(tables):
    others = [JobId("j" + str(n).zfill(32)) for n in (2, 3)]
    for job_id in (JOB, *others):
        opened(tables, job_id)
    reserve(tables, submitted())
    for _ in range(2):
        tables.ledger.settle(ended(submitted()), QuotaState.RETURNED, now=NOW)

    reserve(tables, submitted(others[0]))

    with pytest.raises(OverQuota):
        reserve(tables, submitted(others[1]))


def test_a_reservation_repeated_after_its_return_reserves_nothing(tables):
    """A request that arrives after its job ended."""
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted())
    tables.ledger.settle(ended(submitted()), QuotaState.RETURNED, now=NOW)

    reserve(tables, submitted())

    assert tables.ledger.entries(USER, TODAY)[0].state is QuotaState.RETURNED
    reserve(tables, submitted(OTHER_JOB))


def test_settling_what_was_never_reserved_is_an_error(tables):
    opened(tables)

    with pytest.raises(NotFound):
        tables.ledger.settle(ended(submitted()), QuotaState.SPENT, now=NOW)


def test_one_of_twenty_concurrent_jobs_reserves_the_day(tables):
    ids = [JobId("j" + str(n).zfill(32)) for n in range(1, 21)]
    for job_id in ids:
        opened(tables, job_id)
        tables.users.remove_open_jobs(USER, [job_id])  # their number is limited

    def attempt(job_id: JobId) -> bool:
        try:
            reserve(tables, submitted(job_id))
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(attempt, ids))

    assert sum(won) == 1
    winner = ids[won.index(True)]
    assert [entry.job_id for entry in tables.ledger.entries(USER, TODAY)] == [winner]
    moved = [job_id for job_id in ids if tables.jobs.get(job_id).state is JobState.MODERATING]
    assert moved == [winner]


def test_one_job_submitted_twenty_times_concurrently_reserves_one_day(tables):
    opened(tables)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: reserve(tables, submitted(), limit=5), range(20)))

    assert len(tables.ledger.entries(USER, TODAY)) == 1
    assert tables.jobs.get(JOB).version == 2


def test_one_job_settled_ten_times_concurrently_returns_one_day(tables):
    ids = [JobId("j" + str(n).zfill(32)) for n in range(1, 4)]
    for job_id in ids:
        opened(tables, job_id)
    reserve(tables, submitted(ids[0]), limit=2)
    reserve(tables, submitted(ids[1]), limit=2)

    def settle(_: int) -> None:
        tables.ledger.settle(ended(submitted(ids[0])), QuotaState.RETURNED, now=NOW)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(settle, range(10)))

    with pytest.raises(OverQuota):
        reserve(tables, submitted(ids[2]), limit=1)
    reserve(tables, submitted(ids[2]), limit=2)


def test_the_ended_job_and_its_settled_day_are_stored_together(tables):
    opened(tables)
    reserve(tables, submitted())

    tables.ledger.settle(ended(submitted()), QuotaState.RETURNED, now=NOW)

    assert tables.jobs.get(JOB) == ended(submitted())
    assert tables.ledger.used(USER_HASH, TODAY) == 0


def test_a_job_that_changed_before_it_ended_settles_nothing(tables):
    opened(tables)
    reserve(tables, submitted())
    tables.jobs.save(submitted().move(JobState.CANCELLING, NOW))

    with pytest.raises(Conflict):
        tables.ledger.settle(ended(submitted()), QuotaState.SPENT, now=NOW)

    assert tables.ledger.entries(USER, TODAY)[0].state is QuotaState.RESERVED
    assert tables.jobs.get(JOB).state is JobState.CANCELLING


def test_the_last_reserved_day_is_stored_with_its_end(tables):
    assert tables.ledger.last_reserved(USER_HASH) is None
    tomorrow, later = Day("2026-11-23"), MIDNIGHT + timedelta(days=1)
    opened(tables)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted())
    other = submitted(OTHER_JOB, day=tomorrow).model_copy(update={"day_ends_at": later})
    reserve(tables, other)
    assert tables.ledger.last_reserved(USER_HASH) == ReservedDay(day=tomorrow, ends_at=later)

    tables.ledger.settle(ended(other), QuotaState.RETURNED, now=NOW)

    assert tables.ledger.last_reserved(USER_HASH) == ReservedDay(day=TODAY, ends_at=MIDNIGHT)


def test_a_day_is_counted_under_the_users_hash(tables):
    opened(tables)
    assert tables.ledger.used(USER_HASH, TODAY) == 0

    reserve(tables, submitted())

    assert tables.ledger.used(USER_HASH, TODAY) == 1
    assert tables.ledger.used("another", TODAY) == 0


# --- a grant after a wrong refusal ----------------------------------------------------------------


def spent(tables):
    opened(tables)
    reserve(tables, submitted())
    done = ended(submitted())
    tables.ledger.settle(done, QuotaState.SPENT, now=NOW, reason=Reason.POLICY_NUDITY)


def test_on_the_same_day_a_grant_returns_the_spent_day_once(tables):
    spent(tables)

    for _ in range(2):
        tables.ledger.grant(ended(submitted()), TODAY, now=NOW)

    (entry,) = tables.ledger.entries(USER, TODAY)
    assert (entry.state, entry.reason) == (QuotaState.RETURNED, Reason.POLICY_NUDITY)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted(OTHER_JOB))
    third = JobId("j" + "3".zfill(32))
    opened(tables, third)
    with pytest.raises(OverQuota):
        reserve(tables, submitted(third))


def test_on_another_day_a_grant_adds_one_job_once(tables):
    spent(tables)
    later = Day("2026-11-25")

    for _ in range(2):
        tables.ledger.grant(ended(submitted()), later, now=NOW)

    assert [entry.state for entry in tables.ledger.entries(USER, later)] == [QuotaState.GRANTED]
    assert [entry.state for entry in tables.ledger.entries(USER, TODAY)] == [QuotaState.SPENT]
    others = [JobId("j" + str(n).zfill(32)) for n in (4, 5, 6)]
    for job_id in others:
        opened(tables, job_id)
    reserve(tables, submitted(others[0], later))
    reserve(tables, submitted(others[1], later))
    with pytest.raises(OverQuota):
        reserve(tables, submitted(others[2], later))


def test_a_day_that_was_never_spent_is_not_returned_by_a_grant(tables):
    opened(tables)
    reserve(tables, submitted())
    tables.ledger.settle(ended(submitted()), QuotaState.RETURNED, now=NOW)

    tables.ledger.grant(ended(submitted()), TODAY, now=NOW)

    opened(tables, OTHER_JOB)
    reserve(tables, submitted(OTHER_JOB))
    third = JobId("j" + "3".zfill(32))
    opened(tables, third)
    with pytest.raises(OverQuota):
        reserve(tables, submitted(third))


def test_a_granted_job_that_is_returned_can_be_reserved_again(tables):
    """The counter of the day is negative then: returning a day must allow it."""
    spent(tables)
    later = Day("2026-11-25")
    tables.ledger.grant(ended(submitted()), later, now=NOW)
    opened(tables, OTHER_JOB)
    reserve(tables, submitted(OTHER_JOB, later))

    tables.ledger.settle(ended(submitted(OTHER_JOB, later)), QuotaState.RETURNED, now=NOW)

    assert tables.ledger.used(USER_HASH, later) == -1


def test_days_of_test_jobs_are_listed_apart(tables):
    """They are counted under another hash, which create_job computes."""
    for job_id, fields in ((JOB, {}), (OTHER_JOB, {"test": TestPlan(), "user_hash": "of-tests"})):
        opened(tables, job_id, **fields)
        reserve(tables, submitted(job_id, **fields))

    assert [one.job_id for one in tables.ledger.entries(USER, TODAY)] == [JOB]
    (of_test,) = tables.ledger.entries(USER, TODAY, test=True)
    assert of_test.job_id == OTHER_JOB
    tables.ledger.settle(
        ended(tables.jobs.get(OTHER_JOB), Reason.SYSTEM_UNAVAILABLE), QuotaState.RETURNED, now=NOW
    )
    assert tables.ledger.used("of-tests", TODAY) == 0
    assert tables.ledger.used(USER_HASH, TODAY) == 1


def test_an_account_is_the_profile_with_the_entries_of_a_day_and_later_ones(tables):
    days = (Day("2026-11-20"), TODAY, Day("2026-11-23"))
    ids = [JobId(f"j{n:032x}") for n in range(10, 10 + len(days))]
    for job_id, day in zip(ids, days, strict=True):
        opened(tables, job_id)
        reserve(tables, submitted(job_id, day=day))
    for job_id, fields in (
        (JOB, {"test": TestPlan(), "user_hash": "of-tests"}),
        (OTHER_JOB, {"user_id": UserId("user-2"), "user_hash": "of-user-2"}),
    ):
        opened(tables, job_id, **fields)
        reserve(tables, submitted(job_id, **fields))
    tables.users.save_zone(USER, BERLIN, seen=None)

    profile, entries = tables.users.account(USER, since=TODAY)

    assert profile == tables.users.profile(USER)
    assert profile.zone == BERLIN
    assert entries == [*tables.ledger.entries(USER, TODAY), *tables.ledger.entries(USER, days[2])]
    assert tables.users.account(UserId("user-3"), since=TODAY) == (Profile(), [])
