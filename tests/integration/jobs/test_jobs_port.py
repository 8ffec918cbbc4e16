"""Jobs: one suite for the fake and DynamoDB, so that the fake behaves like the table."""

from datetime import timedelta

import pytest

from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.domain.account.erasure import Erasure, new_erasure_id
from likeness.domain.account.user import MAX_OPEN_JOBS
from likeness.domain.errors import Conflict, ErasureRunning, NotFound, TooManyOpenJobs
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoProblem, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.statistics import ALL, desk_day
from likeness.domain.verdict import Outcome
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    USER,
    a_job,
    a_photo,
    a_verdict,
    an_avatar,
    photos,
    whole,
)
from tests.fakes import FakeClock


@pytest.fixture
def jobs(tables):
    return tables.jobs


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_is_read_as_it_was_stored(jobs, state):
    job = a_job(
        state,
        reason=Reason.SYSTEM_UNAVAILABLE,
        photos_deleted_at=NOW,
        metadata={"order": "2026-1187", "note": "ä 🙂", "empty": ""},
    )

    jobs.create(job, [])

    assert jobs.get(JOB) == job


def test_an_unknown_job_is_not_found(jobs):
    with pytest.raises(NotFound):
        jobs.get(JOB)


def test_a_job_is_created_once_and_a_repeat_stores_no_photo(jobs):
    jobs.create(a_job(), photos(3))

    with pytest.raises(Conflict):
        jobs.create(a_job(avatars=9), photos(4))

    assert jobs.get(JOB).avatars == a_job().avatars
    assert len(jobs.photos(JOB)) == 3


def test_the_open_jobs_of_a_user_are_limited(tables):
    ids = [JobId(f"j{n:032x}") for n in range(MAX_OPEN_JOBS + 1)]
    for job_id in ids[:-1]:
        tables.jobs.create(a_job(job_id=job_id), [])

    with pytest.raises(TooManyOpenJobs) as refused:
        tables.jobs.create(a_job(job_id=ids[-1]), photos(3, job_id=ids[-1]))

    assert set(refused.value.job_ids) == set(ids[:-1])
    assert tables.jobs.photos(ids[-1]) == []
    tables.jobs.create(a_job(job_id=ids[-1], user_id=UserId("user-2")), [])


def test_a_job_that_is_removed_from_the_open_jobs_makes_room(tables):
    ids = [JobId(f"j{n:032x}") for n in range(MAX_OPEN_JOBS)]
    for job_id in ids:
        tables.jobs.create(a_job(job_id=job_id), [])

    tables.users.remove_open_jobs(USER, ids[1:])

    assert tables.users.profile(USER).open_jobs == {ids[0]}
    tables.users.remove_open_jobs(USER, ids)
    new = JobId("j" + "f" * 32)
    tables.jobs.create(a_job(job_id=new), [])
    assert tables.users.profile(USER).open_jobs == {new}


def test_no_job_is_created_for_a_user_who_is_being_erased(tables):
    begun = Erasure(erasure_id=new_erasure_id(), user_id=USER, requested_at=NOW)
    tables.erasures.begin(begun)

    with pytest.raises(ErasureRunning):
        tables.jobs.create(a_job(), [])


def test_only_the_first_of_two_writers_wins(jobs):
    jobs.create(a_job(), [])
    seen = jobs.get(JOB)
    first, second = seen.move(JobState.CANCELLING, NOW), seen.move(JobState.FAILED, NOW)

    jobs.save(first)
    with pytest.raises(Conflict):
        jobs.save(second)

    assert jobs.get(JOB) == first


def test_a_version_cannot_be_skipped(jobs):
    jobs.create(a_job(), [])

    with pytest.raises(Conflict):
        jobs.save(a_job().change().change())


def test_storing_the_same_version_again_is_idempotent(jobs):
    """A write whose response was lost is sent twice: the second finds its own version."""
    jobs.create(a_job(), [])
    moved = a_job().move(JobState.CANCELLING, NOW)

    jobs.save(moved)
    jobs.save(moved)

    assert jobs.get(JOB) == moved


def test_saving_a_job_that_was_never_created_is_refused(jobs):
    with pytest.raises((Conflict, NotFound)):
        jobs.save(a_job().change())


def test_only_this_jobs_photos_are_listed_in_the_order_of_their_ids(jobs):
    jobs.create(a_job(), [a_photo(10), a_photo(2), a_photo(1)])
    jobs.create(a_job(job_id=OTHER_JOB), [a_photo(3, job_id=OTHER_JOB)])

    assert [photo.photo_id for photo in jobs.photos(JOB)] == ["p01", "p02", "p10"]


@pytest.mark.parametrize(
    "photo",
    [
        a_photo(state=PhotoState.AWAITED),
        a_photo(state=PhotoState.CHECKING),
        a_photo(),
        a_photo(verdict=a_verdict(Outcome.DOUBTFUL)),
        a_photo(
            state=PhotoState.REFUSED,
            problem=PhotoProblem(
                reason=Reason.SUBJECT_DUPLICATE, duplicate_of="p02", box=a_photo().face
            ),
        ),
    ],
    ids=["awaited", "checking", "accepted", "with a verdict without a reason", "refused"],
)
def test_a_photo_is_read_with_full_precision(jobs, photo):
    jobs.create(a_job(), [photo])

    assert jobs.photos(JOB) == [photo]


def test_a_job_without_photos_has_none(jobs):
    assert jobs.photos(JOB) == []
    assert jobs.avatars(JOB) == []


def test_a_photo_is_added_once(jobs):
    jobs.create(a_job(), photos(3))
    late = a_photo(4, state=PhotoState.AWAITED)

    jobs.add_photo(late)
    with pytest.raises(Conflict):
        jobs.add_photo(late)  # a concurrent second request

    assert jobs.photos(JOB)[3:] == [late]


def test_the_new_state_of_a_photo_is_stored(jobs):
    awaited, accepted = a_photo(state=PhotoState.AWAITED), a_photo()
    jobs.create(a_job(), [awaited])

    jobs.save_photo(accepted, seen=awaited)

    assert jobs.photos(JOB) == [accepted]


@pytest.mark.parametrize(
    "change",
    [
        {"etag": "another upload"},
        {"state": PhotoState.REFUSED},
        {"verdict": a_verdict()},
        {"face": None},
        {"sha256": None},
    ],
)
def test_a_photo_that_changed_since_it_was_read_is_a_conflict(jobs, change):
    seen = a_photo()
    jobs.create(a_job(), [seen])
    changed = seen.model_copy(update=change)
    jobs.save_photo(changed, seen=seen)

    with pytest.raises(Conflict):
        jobs.save_photo(seen.model_copy(update={"width": 1}), seen=seen)

    assert jobs.photos(JOB) == [changed]


def test_storing_the_same_photo_again_is_idempotent(jobs):
    awaited, accepted = a_photo(state=PhotoState.AWAITED), a_photo()
    jobs.create(a_job(), [awaited])

    jobs.save_photo(accepted, seen=awaited)
    jobs.save_photo(accepted, seen=awaited)

    assert jobs.photos(JOB) == [accepted]


def test_a_deleted_photo_is_stored_with_the_jobs_next_version(jobs):
    jobs.create(a_job(), photos(3))
    deleted = a_photo().deleted()

    for _ in range(2):  # idempotent
        jobs.delete_photo(deleted, seen=a_photo(), job=a_job().change())

    assert jobs.photos(JOB) == [deleted, *photos(3)[1:]]
    assert jobs.get(JOB) == a_job().change()


def test_a_photo_that_changed_is_not_deleted(jobs):
    jobs.create(a_job(), [a_photo()])
    changed = a_photo(etag="another upload")
    jobs.save_photo(changed, seen=a_photo())

    with pytest.raises(Conflict):
        jobs.delete_photo(a_photo().deleted(), seen=a_photo(), job=a_job().change())

    assert jobs.photos(JOB) == [changed]
    assert jobs.get(JOB) == a_job()


def test_no_photo_is_deleted_of_a_job_that_changed(jobs):
    jobs.create(a_job(), [a_photo()])
    jobs.save(a_job().move(JobState.CANCELLING, NOW))

    with pytest.raises(Conflict):
        jobs.delete_photo(a_photo().deleted(), seen=a_photo(), job=a_job().change())

    assert jobs.photos(JOB) == [a_photo()]


def test_the_look_for_uploads_is_reserved_for_a_time(jobs):
    until = NOW + timedelta(seconds=10)
    jobs.create(a_job(), [])

    looks = [
        jobs.may_look(JOB, now=now, until=now + timedelta(seconds=10))
        for now in (NOW, NOW, until - timedelta(microseconds=1), until, until)
    ]

    assert looks == [True, False, False, True, False]
    assert jobs.may_look(OTHER_JOB, now=NOW, until=until)


def test_a_deleted_job_leaves_no_look(jobs):
    jobs.create(a_job(), [])
    jobs.may_look(JOB, now=NOW, until=NOW + timedelta(days=1))

    jobs.delete(JOB)

    assert jobs.may_look(JOB, now=NOW, until=NOW)


def moderated(there):
    return [photo.model_copy(update={"verdict": a_verdict()}) for photo in there]


ASSURED = AuditEvent(at=NOW, action=AuditAction.AGE_ASSURED, job_id=JOB)


def test_a_moderated_set_is_stored_with_its_job_and_audit_event(jobs, tables):
    jobs.create(a_job(), photos(10))
    counted = a_job().change(photos_left_out=1)

    for _ in range(2):  # idempotent
        jobs.save_moderated(
            moderated(photos(10)),
            seen=photos(10),
            job=counted,
            audit_event=ASSURED,
            counted=(desk_day(NOW), {ALL: {"moderated": 1}}),
        )

    assert tables.desk_counters.totals([desk_day(NOW)]) == {"moderated": 1}
    assert jobs.photos(JOB) == moderated(photos(10))
    assert jobs.get(JOB) == counted
    assert [entry.action for entry in whole(tables.audit_log)] == [AuditAction.AGE_ASSURED]


@pytest.mark.parametrize("audit_event", [None, ASSURED])
def test_if_one_photo_changed_nothing_of_the_set_is_stored(jobs, tables, audit_event):
    jobs.create(a_job(), photos(3))
    changed = a_photo(2, etag="another upload")
    jobs.save_photo(changed, seen=a_photo(2))

    with pytest.raises(Conflict):
        jobs.save_moderated(moderated(photos(3)), seen=photos(3), audit_event=audit_event)

    assert jobs.photos(JOB) == [a_photo(1), changed, a_photo(3)]
    assert whole(tables.audit_log) == []


def test_if_the_job_changed_its_set_is_not_stored(jobs):
    jobs.create(a_job(), photos(3))
    jobs.save(a_job().move(JobState.CANCELLING, NOW))

    with pytest.raises(Conflict):
        jobs.save_moderated(
            moderated(photos(3)), seen=photos(3), job=a_job().change(photos_left_out=1)
        )

    assert jobs.photos(JOB) == photos(3)


def test_avatars_are_listed_best_first(jobs):
    worst, best = an_avatar(1, rank=201), an_avatar(2, rank=100, distance=None)

    jobs.save_avatars([worst, best])

    assert jobs.avatars(JOB) == [best, worst]


def test_storing_all_avatars_of_a_job_is_idempotent(jobs):
    drawn = [an_avatar(n) for n in range(1, 31)]
    published = [a.model_copy(update={"state": AvatarState.PUBLISHED}) for a in drawn]

    jobs.save_avatars(drawn)
    jobs.save_avatars(published)

    assert jobs.avatars(JOB) == published


def test_a_users_jobs_are_listed_newest_first_and_in_pages(jobs):
    ids = [JobId(f"j{n:032x}") for n in range(5)]
    for age, job_id in enumerate(ids):
        jobs.create(a_job(job_id=job_id, created_at=NOW - timedelta(hours=age)), [])
    jobs.create(a_job(job_id=OTHER_JOB[:-1] + "f", user_id=UserId("user-2")), [])

    first = jobs.newest(USER, limit=3)
    second = jobs.newest(USER, limit=3, after=first.last)

    assert [job.job_id for job in first.items] == ids[:3]
    assert [job.job_id for job in second.items] == ids[3:]
    assert second.last is None
    assert jobs.newest(USER, limit=5).last is None
    assert first.items[0] == jobs.get(ids[0])


def test_a_page_of_jobs_in_one_state_is_full(jobs, tables):
    ids = [JobId(f"j{n:032x}") for n in range(20)]
    for age, job_id in enumerate(ids):
        state = JobState.OPEN if age % 5 else JobState.FAILED
        jobs.create(a_job(state, job_id=job_id, created_at=NOW - timedelta(hours=age)), [])
        tables.users.remove_open_jobs(USER, [job_id])

    first = jobs.newest(USER, limit=3, state=JobState.FAILED)
    second = jobs.newest(USER, limit=3, state=JobState.FAILED, after=first.last)

    assert [job.job_id for job in first.items] == ids[0:15:5]
    assert [job.job_id for job in second.items] == [ids[15]]
    assert second.last is None
    assert jobs.newest(USER, limit=3, state=JobState.COMPLETED).items == ()


def test_jobs_with_the_same_timestamp_are_all_listed(jobs):
    ids = [JobId(f"j{n:032x}") for n in range(4)]
    for job_id in ids:
        jobs.create(a_job(job_id=job_id, created_at=NOW), [])

    first = jobs.newest(USER, limit=2)
    second = jobs.newest(USER, limit=2, after=first.last)

    assert [job.job_id for job in (*first.items, *second.items)] == ids[::-1]


def test_an_unknown_user_has_no_jobs(jobs):
    assert jobs.newest(UserId("unknown"), limit=1).items == ()


def test_progress_is_stored_in_steps_and_at_the_end_and_never_falls(tables):
    done = [2, 3, 5, 6, 4, 9, 9, 10, 10]

    stored = [tables.jobs.save_progress(JOB, done=n, total=10, step=3) for n in done]

    assert [n for n, kept in zip(done, stored, strict=True) if kept] == [2, 5, 9, 10]


def test_progress_is_an_item_of_the_job_that_says_its_id(table):
    JobsTable(table, FakeClock()).save_progress(JOB, done=3, total=30, step=3)

    (item,) = table.scan()["Items"]
    assert (item["pk"], item["sk"]) == (f"JOB#{JOB}", "PROGRESS")
    assert (item["job_id"], item["done"], item["total"]) == (JOB, 3, 30)
    assert item["ttl"]
