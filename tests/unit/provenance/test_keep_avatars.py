"""Keeping avatars: the picked ones stay, the others are deleted."""

import io
import zipfile
from datetime import timedelta

import pytest

from likeness.api.avatars import KeepAvatars
from likeness.domain.deletion.receipt import DRAWN, Deletion, DeletionState
from likeness.domain.errors import Conflict, Invalid, NotDeleted, NotFound, Unavailable
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.job import JobState
from likeness.domain.provenance.credentials import WatermarkRecord
from likeness.services.provenance.keep_avatars import keep_avatars
from tests.builders import JOB, NOW, a_job, a_png, an_avatar, unsigned

EXPIRE = NOW + timedelta(days=30)


def keep(world, *names):
    return keep_avatars(
        JOB,
        KeepAvatars(avatars=names),
        jobs=world.jobs,
        avatar_store=world.avatar_store,
        deletion=world.deletion,
        watermarks=world.watermarks,
        clock=world.clock,
    )


def published(world):
    """Four avatars, one of which moderation refused."""
    there = [an_avatar(n, AvatarState.PUBLISHED) for n in (1, 2, 3)]
    for n in (1, 2, 3):
        world.avatar_objects.put(f"drawn/{JOB}/a{n:02d}.png", a_png(n))
    refused = an_avatar(4, AvatarState.REFUSED)
    world.has(JobState.COMPLETED, with_avatars=[*there, refused], avatars_expire_at=EXPIRE)
    world.avatar_store.publish(there, sign=unsigned)
    world.files.delete(JOB, DRAWN)
    for avatar in there:
        world.watermarks.add(
            WatermarkRecord(
                **avatar.model_dump(
                    include={"watermark", "job_id", "avatar_id", "style", "engine"}
                ),
                made_at=NOW,
            )
        )


def states(world):
    return {avatar.avatar_id: avatar.state.value for avatar in world.jobs.avatars(JOB)}


def test_avatars_that_were_not_picked_are_deleted_and_the_expiry_is_returned(world):
    published(world)

    kept = keep(world, "a03", "a01")

    assert (kept.avatars, kept.avatars_expire_at) == (("a01", "a03"), EXPIRE)
    assert states(world) == {
        "a01": "published", "a02": "not_kept", "a03": "published", "a04": "refused"
    }  # fmt: skip
    assert not [key for key in world.avatar_objects.listing() if "a02" in key]
    assert f"avatars/{JOB}/a01/512.webp" in world.avatar_objects.listing()


def test_the_archive_contains_the_kept_avatars(world):
    published(world)

    keep(world, "a02")

    packed = world.avatar_objects.objects[f"avatars/{JOB}/avatars.zip"]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [a_png(2)]


def test_keeping_is_idempotent(world):
    published(world)

    assert keep(world, "a02") == keep(world, "a02")
    assert world.job.version == a_job(JobState.COMPLETED).version + 1


def test_the_list_shows_the_best_kept_avatar_and_their_number(world):
    published(world)

    keep(world, "a03", "a02")

    assert (world.job.avatars_shown, world.job.cover) == (2, "a02")
    assert [one.avatar_id for one in world.job.published] == ["a02", "a03"]


def test_another_choice_after_a_failure_replaces_the_list(world, monkeypatch):
    """Of as many avatars, with the same best one."""

    def fail(_):
        raise Unavailable("the table does not respond")

    published(world)
    with monkeypatch.context() as broken:
        broken.setattr(world.jobs, "save_avatars", fail)
        with pytest.raises(Unavailable):
            keep(world, "a01", "a02")

    keep(world, "a01", "a03")

    assert [one.avatar_id for one in world.job.published] == ["a01", "a03"]


def test_what_was_not_kept_is_recorded_for_the_receipt(world):
    published(world)

    keep(world, "a01", "a03")

    gone = {one.name: one.deleted_at for one in world.deletions.objects(JOB)}
    files = ("1024.png", "512.webp", "256.webp")
    assert gone == {f"avatars/a02/{file}": NOW for file in files}


def test_under_a_legal_hold_the_others_are_hidden_and_their_files_stay(world):
    published(world)
    before = world.avatar_objects.listing()
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    assert keep(world, "a01").avatars == ("a01",)

    assert states(world)["a02"] == "not_kept"
    assert world.avatar_objects.listing() == before


def test_under_a_legal_hold_the_files_also_stay_if_the_user_deletes_all_at_the_same_time(
    world, monkeypatch
):
    published(world)
    before = world.avatar_objects.listing()
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    def deletes_all(_):
        world.jobs.save(world.job.change(avatars_deletion_asked_at=NOW))

    monkeypatch.setattr(world.watermarks, "revoke", deletes_all)

    with pytest.raises(NotFound, match="deleted"):
        keep(world, "a01")

    assert world.avatar_objects.listing() == before


def test_the_watermarks_of_the_others_are_revoked(world):
    published(world)

    keep(world, "a01", "a03")

    revoked = {one.avatar_id for one in world.watermarks.records.values() if one.revoked}
    assert revoked == {"a02"}


def test_of_two_concurrent_choices_one_is_kept(world, monkeypatch):
    published(world)
    save = world.jobs.save

    def late(job):
        monkeypatch.undo()
        keep(world, "a02")
        save(job)

    monkeypatch.setattr(world.jobs, "save", late)

    with pytest.raises(Conflict):
        keep(world, "a01")

    assert states(world)["a02"] == "published"
    assert (world.job.avatars_shown, world.job.cover) == (1, "a02")


def test_fewer_may_be_kept_later(world):
    published(world)
    keep(world, "a01", "a02")

    keep(world, "a01")

    assert states(world)["a02"] == "not_kept"


@pytest.mark.parametrize("missing", ["a03", "a04", "a09"])
def test_dropped_refused_or_unknown_avatars_cannot_be_kept(world, missing):
    published(world)
    keep(world, "a01", "a02")
    before = states(world)

    with pytest.raises(NotFound, match=missing):
        keep(world, "a01", missing)

    assert states(world) == before


def test_a_repeated_avatar_id_is_refused_before_anything_is_deleted(world):
    published(world)

    with pytest.raises(Invalid):
        keep(world, "a01", "a01")

    assert states(world)["a02"] == "published"


def test_leftovers_of_a_failed_try_are_deleted_by_the_next(world):
    published(world)
    world.avatar_objects.locked = True
    with pytest.raises(NotDeleted):
        keep(world, "a01")
    assert states(world)["a02"] == "not_kept"  # and no URL is presigned

    world.avatar_objects.locked = False
    keep(world, "a01")

    assert not [key for key in world.avatar_objects.listing() if "a02" in key]


def test_expired_avatars_cannot_be_kept(world):
    published(world)
    world.clock.set(EXPIRE)

    with pytest.raises(NotFound, match="expired"):
        keep(world, "a01")


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COMPLETED])
def test_only_a_completed_jobs_avatars_can_be_kept(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        keep(world, "a01")
