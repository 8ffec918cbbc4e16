"""A job's completion: photos deleted, avatars published, the quota settled."""

from datetime import timedelta
from typing import get_args

import pytest

from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.errors import Conflict, NotDeleted, NotFound, Unavailable
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.engine import Engine
from likeness.domain.generation.published import PublishedAvatar
from likeness.domain.jobs.estimate import bucket
from likeness.domain.jobs.job import JobState
from likeness.domain.provenance.credentials import SOURCE_TYPES
from likeness.domain.reasons import Reason
from likeness.services.deletion.delete_photos import delete_photos
from likeness.services.jobs.settle_job import settle_job
from likeness.services.provenance.publish_avatars import publish_avatars
from tests.builders import JOB, NOW, a_png, an_avatar


def delete(world):
    return delete_photos(JOB, jobs=world.jobs, deletion=world.deletion, clock=world.clock)


def publish(world):
    return publish_avatars(
        JOB,
        jobs=world.jobs,
        avatar_store=world.avatar_store,
        files=world.files,
        credentials=world.credentials,
        watermarks=world.watermarks,
        readiness=world.readiness,
        clock=world.clock,
    )


def settle(world):
    return settle_job(
        JOB,
        jobs=world.jobs,
        ledger=world.ledger,
        durations=world.durations,
        clock=world.clock,
        avatar_lifetime=timedelta(days=30),
    )


def approved(world, *numbers, state=AvatarState.APPROVED):
    """A finishing job, and its avatars after moderation."""
    world.has(JobState.FINISHING, with_avatars=[an_avatar(n, state) for n in numbers])
    for n in numbers:
        world.avatar_objects.put(f"drawn/{JOB}/a{n:02d}.png", a_png(n))


def lose(*_, **__):
    raise Unavailable("no answer")


# --- photos --------------------------------------------------------------------------------------


def test_photos_and_work_are_deleted_and_approved_avatars_are_not(world):
    approved(world, 1)
    world.draws(1)
    world.photos.upload(JOB, "p01", b"bytes")

    assert delete(world).objects == 1 + 3 + 1

    assert world.photo_objects.listing() == []
    assert world.avatar_objects.listing() == [f"drawn/{JOB}/a01.png"]
    assert world.job.photos_deleted_at == NOW


def test_deleting_again_keeps_the_first_deletion_time(world):
    approved(world, 1)
    delete(world)
    world.clock.advance(timedelta(minutes=5))

    assert delete(world).objects == 0

    assert world.job.photos_deleted_at == NOW


@pytest.mark.parametrize("bucket", ["photo_objects", "avatar_objects"])
def test_photos_are_not_reported_deleted_before_they_are(world, bucket):
    approved(world, 1)
    world.draws(1)
    getattr(world, bucket).locked = True

    with pytest.raises(NotDeleted):
        delete(world)

    assert world.job.photos_deleted_at is None
    assert world.deletions.get(JOB).state is DeletionState.PENDING
    assert world.metrics.counted["DeletionPending"] == 1
    getattr(world, bucket).locked = False
    delete(world)
    assert world.job.photos_deleted_at == NOW


def test_a_crash_after_deleting_is_repaired_by_a_retry(world, monkeypatch):
    approved(world, 1)
    monkeypatch.setattr(world.jobs, "save", lose)
    with pytest.raises(Unavailable):
        delete(world)
    monkeypatch.undo()

    delete(world)

    assert world.job.photos_deleted_at == NOW


# --- avatars -------------------------------------------------------------------------------------


def test_approved_avatars_are_published_and_drawn_copies_deleted(world):
    approved(world, 1, 2)

    assert publish(world).avatars == 2

    assert {avatar.state for avatar in world.jobs.avatars(JOB)} == {AvatarState.PUBLISHED}
    there = world.avatar_objects.listing()
    assert f"avatars/{JOB}/a02/1024.png" in there
    assert f"avatars/{JOB}/avatars.zip" in there
    assert not [key for key in there if key.startswith("drawn/")]


def test_refused_avatars_are_not_published(world):
    approved(world, 1)
    world.jobs.save_avatars([an_avatar(2, AvatarState.REFUSED)])

    assert publish(world).avatars == 1

    assert world.jobs.avatars(JOB)[1].state is AvatarState.REFUSED
    assert f"avatars/{JOB}/a02/1024.png" not in world.avatar_objects.listing()


def test_avatars_published_during_a_cancellation_are_deleted(world, monkeypatch):
    """The step that ended the job has already listed its files, and found none."""
    approved(world, 1, 2)
    publishing = world.avatar_store.publish

    def publish_and_cancel(avatars, *, sign):
        world.jobs.save(world.job.move(JobState.CANCELLING, NOW))
        publishing(avatars, sign=sign)

    monkeypatch.setattr(world.avatar_store, "publish", publish_and_cancel)

    with pytest.raises(Conflict):
        publish(world)

    assert world.avatar_objects.listing() == []


def test_publishing_is_idempotent(world):
    approved(world, 1, 2)
    first = publish(world)
    before = dict(world.avatar_objects.objects)

    assert publish(world) == first

    assert world.avatar_objects.objects == before


def test_every_avatar_is_signed_and_its_watermark_recorded(world):
    approved(world, 1, 2)
    publish(world)

    for n in (1, 2):
        avatar = an_avatar(n)
        found = world.watermarks.find([avatar.watermark])
        assert (found.job_id, found.avatar_id, found.made_at) == (JOB, avatar.avatar_id, NOW)
        png = world.avatar_objects.get(f"avatars/{JOB}/{avatar.avatar_id}/1024.png", "avatar")
        seen = world.credentials.read(png, "image/png")
        assert (seen.trust, seen.claim.watermark, seen.claim.style) == (
            "trusted",
            avatar.watermark,
            "comic",
        )


def test_nothing_is_published_unsigned(world):
    approved(world, 1)
    world.credentials.broken = Unavailable("Sign returned DisabledException")

    with pytest.raises(Unavailable):
        publish(world)

    assert not [key for key in world.avatar_objects.listing() if key.startswith("avatars/")]
    assert world.jobs.avatars(JOB)[0].state is AvatarState.APPROVED


def test_every_engine_has_its_digital_source_type():
    assert set(SOURCE_TYPES) == set(get_args(Engine))
    trained = {engine for engine, how in SOURCE_TYPES.items() if "TrainedAlgorithmic" in how}
    assert trained == set(SOURCE_TYPES) - {"painter"}


def test_an_avatar_without_an_id_is_not_published(world):
    world.has(JobState.FINISHING, with_avatars=[an_avatar(1, watermark=None)])

    with pytest.raises(Conflict, match="has no watermark"):
        publish(world)


@pytest.mark.parametrize("step", ["save_avatars", "delete"])
def test_publishing_again_after_a_crash_completes_it(world, monkeypatch, step):
    approved(world, 1, 2)
    monkeypatch.setattr(world.jobs if step == "save_avatars" else world.files, step, lose)
    with pytest.raises(Unavailable):
        publish(world)
    monkeypatch.undo()

    assert publish(world).avatars == 2

    assert {avatar.state for avatar in world.jobs.avatars(JOB)} == {AvatarState.PUBLISHED}
    assert f"avatars/{JOB}/avatars.zip" in world.avatar_objects.listing()
    assert f"drawn/{JOB}/a01.png" not in world.avatar_objects.listing()


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.FINISHING])
def test_only_a_finishing_job_is_published(world, state):
    world.has(state, with_avatars=[an_avatar(1)])

    with pytest.raises(Conflict):
        publish(world)

    assert world.jobs.avatars(JOB)[0].state is AvatarState.APPROVED


# --- the quota -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "day", "reason"),
    [
        (4, QuotaState.SPENT, None),
        (2, QuotaState.SPENT, None),
        (1, QuotaState.RETURNED, Reason.SYSTEM_TOO_FEW_AVATARS),
        (0, QuotaState.RETURNED, Reason.SYSTEM_TOO_FEW_AVATARS),
    ],
)
def test_at_least_half_of_the_ordered_avatars_spends_the_day(world, published, day, reason):
    approved(world, *range(1, published + 1), state=AvatarState.PUBLISHED)

    assert settle(world).state is JobState.COMPLETED

    assert (world.day, world.job.reason) == (day, reason)


def test_the_number_of_avatars_and_the_best_one_are_stored_for_the_list(world):
    avatars = [
        an_avatar(1, AvatarState.REFUSED, rank=1),
        an_avatar(2, AvatarState.PUBLISHED, rank=9),
        an_avatar(3, AvatarState.PUBLISHED, rank=5),
    ]
    world.has(JobState.FINISHING, with_avatars=avatars)

    settle(world)

    assert (world.job.avatars_shown, world.job.cover) == (2, "a03")


def test_the_published_avatars_are_stored_with_the_completed_job(world):
    avatars = [
        an_avatar(1, AvatarState.PUBLISHED, rank=9, distance=None),
        an_avatar(2, AvatarState.REFUSED, rank=1),
        an_avatar(3, AvatarState.PUBLISHED, rank=5),
    ]
    world.has(JobState.FINISHING, with_avatars=avatars)

    settle(world)

    assert world.job.published == tuple(
        PublishedAvatar(avatar_id=one.avatar_id, style=one.style, distance=one.distance)
        for one in (avatars[2], avatars[0])
    )


def test_unpublished_avatars_do_not_count(world):
    approved(world, 1, 2, 3, 4)

    settle(world)

    assert world.day is QuotaState.RETURNED


def test_settling_is_idempotent(world):
    approved(world, 1, 2, 3, 4, state=AvatarState.PUBLISHED)
    first = settle(world)
    settled = world.job

    assert settle(world) == first

    assert world.job == settled


def test_day_and_job_are_settled_in_one_transaction(world, monkeypatch):
    approved(world, 1, 2, 3, 4, state=AvatarState.PUBLISHED)
    monkeypatch.setattr(world.ledger, "settle", lose)
    with pytest.raises(Unavailable):
        settle(world)
    monkeypatch.undo()
    assert (world.day, world.job.state) == (QuotaState.RESERVED, JobState.FINISHING)

    assert settle(world).state is JobState.COMPLETED

    assert world.day is QuotaState.SPENT


def test_a_job_that_was_cancelled_first_spends_no_day(world, monkeypatch):
    approved(world, 1, 2, 3, 4, state=AvatarState.PUBLISHED)
    seen = world.job
    world.jobs.save(seen.move(JobState.CANCELLING, NOW))
    monkeypatch.setattr(world.jobs, "get", lambda _: seen)

    with pytest.raises(Conflict):
        settle(world)

    assert world.day is QuotaState.RESERVED


def test_the_expiry_of_the_avatars_is_stored(world):
    approved(world, 1, 2, 3, 4, state=AvatarState.PUBLISHED)

    settle(world)

    assert world.job.avatars_expire_at == NOW + timedelta(days=30)


def test_a_jobs_duration_is_counted_once(world):
    """Each of its states took five minutes, and it was not in review."""
    approved(world, 1, 2, 3, 4, state=AvatarState.PUBLISHED)

    settle(world)
    settle(world)

    assert world.durations.recent("training-job", "lite") == {bucket(300): 1}


@pytest.mark.parametrize(
    "state",
    [state for state in JobState if state not in {JobState.FINISHING, JobState.COMPLETED}],
)
def test_only_a_finishing_job_is_completed(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        settle(world)


@pytest.mark.parametrize("step", [delete, publish, settle])
def test_an_unknown_job_is_not_found(world, step):
    with pytest.raises(NotFound):
        step(world)
