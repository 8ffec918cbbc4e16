"""A user's jobs in a list."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_reasons
from likeness.api.jobs import JobsQuery
from likeness.domain.errors import Invalid
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.services.jobs.list_jobs import list_jobs
from tests.builders import NOW, USER, a_job


def listed(world, query=None, user_id=USER):
    return list_jobs(
        user_id,
        query or JobsQuery(),
        jobs=world.jobs,
        avatar_store=world.avatar_store,
        clock=world.clock,
        reasons=load_reasons(),
    )


@pytest.fixture
def five(world):
    """Jobs of five days; their ids sort in the opposite order."""
    ids = [JobId(f"j{n:032x}") for n in (5, 4, 3, 2, 1)]
    for age, job_id in enumerate(ids):
        world.jobs.create(a_job(job_id=job_id, created_at=NOW - timedelta(days=age)), [])
    return ids


def test_the_newest_job_is_first(world, five):
    assert [job.job_id for job in listed(world).jobs] == five


def test_every_job_is_on_one_page(world, five):
    seen, query = [], JobsQuery(limit=2)
    while True:
        page = listed(world, query)
        seen.append([job.job_id for job in page.jobs])
        if page.next is None:
            break
        query = JobsQuery(limit=2, cursor=page.next)

    assert seen == [five[:2], five[2:4], five[4:]]


def test_a_job_opened_between_two_pages_does_not_shift_the_next_page(world, five):
    first = listed(world, JobsQuery(limit=2))
    world.users.remove_open_jobs(USER, five)
    world.jobs.create(a_job(job_id=JobId("j" + "9" * 32), created_at=NOW), [])

    second = listed(world, JobsQuery(limit=2, cursor=first.next))

    assert [job.job_id for job in second.jobs] == five[2:4]


def test_a_job_in_a_list_names_its_user_and_has_the_apps_metadata(world):
    world.jobs.create(a_job(metadata={"order": "2026-1187"}), [])

    (job,) = listed(world).jobs

    assert (job.user_id, job.metadata) == (USER, {"order": "2026-1187"})


def test_a_job_in_a_list_has_its_reason(world):
    world.jobs.create(a_job(JobState.REFUSED, reason=Reason.RIGHTS_NOT_SELF), [])

    (job,) = listed(world).jobs

    assert (job.state, job.reason.code) == (JobState.REFUSED, Reason.RIGHTS_NOT_SELF)
    assert set(job.reason.hint) == {"en", "de"}


def test_a_completed_job_has_its_best_avatar_and_their_number(world):
    world.jobs.create(a_job(JobState.COMPLETED, cover="a07", avatars_shown=12), [])

    (job,) = listed(world).jobs

    assert job.avatars_shown == 12
    assert f"avatars/{job.job_id}/a07/256.webp?X-Amz-Expires" in job.thumbnail


@pytest.mark.parametrize(
    "fields",
    [
        {"cover": None, "avatars_shown": 0},
        {"avatars_expire_at": NOW},
        {"avatars_deletion_asked_at": NOW},
    ],
    ids=["none was made", "expired", "deleted"],
)
def test_a_job_whose_avatars_are_not_shown_has_none_in_the_list(world, fields):
    made = {"cover": "a01", "avatars_shown": 4} | fields
    world.jobs.create(a_job(JobState.COMPLETED, **made), [])

    (job,) = listed(world).jobs

    assert (job.avatars_shown, job.thumbnail) == (0, None)


def test_a_list_of_one_state_has_full_pages(world):
    ids = [JobId(f"j{n:032x}") for n in range(6)]
    for age, job_id in enumerate(ids):
        state = (JobState.COMPLETED, JobState.FAILED)[age % 2]
        job = a_job(state, job_id=job_id, created_at=NOW - timedelta(days=age))
        world.jobs.create(job, [])
        world.users.remove_open_jobs(USER, [job_id])
    first = listed(world, JobsQuery(limit=2, state="completed"))
    second = listed(world, JobsQuery(limit=2, state="completed", cursor=first.next))

    assert [job.job_id for job in first.jobs] == [ids[0], ids[2]]
    assert [job.job_id for job in second.jobs] == [ids[4]]
    assert second.next is None
    with pytest.raises(Invalid, match="cursor"):
        listed(world, JobsQuery(limit=2, state="failed", cursor=first.next))


def test_a_list_contains_only_the_users_own_jobs(world, five):
    assert listed(world, user_id=UserId("user-2")).jobs == ()


def test_a_cursor_does_not_open_another_users_list(world, five):
    first = listed(world, JobsQuery(limit=2))

    with pytest.raises(Invalid, match="cursor"):
        listed(world, JobsQuery(cursor=first.next), user_id=UserId("user-2"))
