"""A user takes one photo back before the job is submitted."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_photo_rules
from likeness.api.jobs import StoredJob
from likeness.api.photos import AddPhoto, StoredPost
from likeness.domain.deletion.receipt import PHOTOS, Deletion, DeletionState
from likeness.domain.errors import ConcurrentChange, Conflict, NotDeleted, NotEnoughPhotos, NotFound
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.services.jobs.create_job import create_job_again
from likeness.services.jobs.submit_job import submit_job
from likeness.services.photos.add_photo import add_photo, add_photo_again
from likeness.services.photos.delete_photo import delete_photo
from likeness.services.photos.fail_inspection import fail_inspection
from likeness.services.photos.inspect_photo import inspect_photo
from likeness.services.review.known_pictures import KnownPictures
from tests.builders import JOB, NOW, a_photo, photos, tiers


def delete(world, photo_id="p01"):
    return delete_photo(JOB, photo_id, jobs=world.jobs, deletion=world.deletion, clock=world.clock)


def submit(world):
    return submit_job(
        JOB,
        backend="training-job",
        jobs=world.jobs,
        users=world.users,
        ledger=world.ledger,
        holds=world.holds,
        photos=world.photos,
        inspections=world.inspections,
        workflow=world.workflow,
        timers=world.timers,
        operating_state=world.operating_state,
        clock=world.clock,
        tiers=tiers(),
    )


def inspect(world, etag, photo_id="p01"):
    return inspect_photo(
        JOB,
        photo_id,
        etag=etag,
        owner="invocation-1",
        time_left=timedelta(minutes=1),
        jobs=world.jobs,
        photos=world.photos,
        detector=world.detector,
        pictures=world.pictures,
        rules=load_photo_rules(),
        known_pictures=KnownPictures(world.holding, world.pictures),
        clock=world.clock,
    )


def states(world):
    return [photo.state.value for photo in world.jobs.photos(JOB)]


@pytest.mark.parametrize("state", [state for state in PhotoState if state != "left_out"])
def test_a_photo_is_deleted_in_any_state_and_the_others_stay(world, state):
    world.has(with_photos=[a_photo(1, state=state), *photos(4)[1:]])
    world.photos.upload(JOB, "p01", b"upload")

    shown = delete(world)

    assert (shown.photo_id, shown.state, shown.problem) == ("p01", "deleted", None)
    assert states(world) == ["deleted", "accepted", "accepted", "accepted"]
    assert world.photo_objects.listing() == [f"photos/{JOB}/p0{n}.jpg" for n in (2, 3, 4)]


def test_nothing_that_was_measured_on_the_photo_is_left(world):
    world.has(with_photos=photos(4))

    delete(world)

    (deleted, *_) = world.jobs.photos(JOB)
    kept = {"job_id", "photo_id", "content_type", "state", "etag", "inspected_at"}
    assert set(deleted.model_dump(exclude_none=True)) == kept


def test_the_receipt_of_the_job_names_its_upload_and_its_photo(world):
    world.has(with_photos=photos(4))
    delete(world)

    world.receipts.issue(JOB, world.jobs.photos(JOB), PHOTOS, NOW)

    names = {one.object for one in world.signer.signed[-1].objects}
    assert names >= {"uploads/p01", "photos/p01.jpg"}


def test_deleting_a_photo_again_deletes_what_a_failure_left(world):
    world.has(with_photos=photos(4))
    world.photo_objects.locked = True
    with pytest.raises(NotDeleted):
        delete(world)
    job = world.job
    world.photo_objects.locked = False

    assert delete(world).state is PhotoState.DELETED

    assert f"photos/{JOB}/p01.jpg" not in world.photo_objects.listing()
    assert world.job == job


def test_under_a_legal_hold_the_file_stays(world):
    world.has(with_photos=photos(4))
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    assert delete(world).state is PhotoState.DELETED

    assert f"photos/{JOB}/p01.jpg" in world.photo_objects.listing()


def test_a_deleted_photo_frees_its_place_and_does_not_count(world):
    world.has(with_photos=photos(10))
    delete(world)

    post = add_photo(
        JOB,
        AddPhoto(content_type="image/jpeg"),
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        clock=world.clock,
    )

    assert post.photo_id == "p11"


def test_a_job_with_too_few_other_photos_cannot_be_submitted(world):
    world.has(with_photos=photos(3))
    delete(world)

    with pytest.raises(NotEnoughPhotos, match="2 photos"):
        submit(world)


def test_a_submit_at_the_same_time_does_not_count_the_deleted_photo(world, monkeypatch):
    """The photo is deleted after the submit counted three, and before it reserves the day."""
    world.has(with_photos=photos(3))
    reserve = world.ledger.reserve

    def late(job, **limit):
        delete(world)
        reserve(job, **limit)

    monkeypatch.setattr(world.ledger, "reserve", late)

    with pytest.raises(ConcurrentChange):
        submit(world)

    assert world.job.state is JobState.OPEN


def test_a_photo_that_its_inspection_changes_at_the_same_time_is_deleted(world, monkeypatch):
    world.has(with_photos=[a_photo(1, state=PhotoState.AWAITED), *photos(4)[1:]])
    checking = a_photo(1, state=PhotoState.CHECKING)
    remove, busy = world.jobs.delete_photo, iter([True])

    def late(photo, *, seen, job):
        if next(busy, False):
            world.jobs.save_photo(checking, seen=seen)
        remove(photo, seen=seen, job=job)

    monkeypatch.setattr(world.jobs, "delete_photo", late)

    assert delete(world).state is PhotoState.DELETED


def test_an_inspection_that_runs_stores_nothing(world, monkeypatch):
    world.has(with_photos=[a_photo(1, state=PhotoState.AWAITED), *photos(4)[1:]])
    etag = world.photos.upload(JOB, "p01", b"upload")
    store = world.photos.store

    def late(*stored):
        delete(world)
        store(*stored)

    monkeypatch.setattr(world.photos, "store", late)

    assert inspect(world, etag) is None

    assert states(world)[0] == "deleted"
    assert not [key for key in world.photo_objects.listing() if "p01" in key]


@pytest.mark.parametrize("state", [PhotoState.AWAITED, PhotoState.ACCEPTED])
def test_a_late_upload_is_deleted_unread(world, state):
    world.has(with_photos=[a_photo(1, state=state), *photos(4)[1:]])
    delete(world)
    etag = world.photos.upload(JOB, "p01", b"late")

    assert inspect(world, etag) is None

    assert states(world)[0] == "deleted"
    assert not [key for key in world.photo_objects.listing() if "p01" in key]


def test_a_late_upload_delays_no_submit(world):
    world.has(with_photos=[a_photo(1, state=PhotoState.AWAITED), *photos(4)[1:]])
    delete(world)
    world.photos.upload(JOB, "p01", b"late")

    assert submit(world).state is JobState.MODERATING


def test_an_inspection_that_failed_leaves_no_file(world):
    world.has(with_photos=photos(4))
    delete(world)
    world.photos.store(JOB, "p01", b"late")

    fail_inspection(
        JOB,
        "p01",
        owner="invocation-1",
        died=False,
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        metrics=world.metrics,
        clock=world.clock,
    )

    assert not [key for key in world.photo_objects.listing() if "p01" in key]


def test_a_repeated_request_gives_no_presigned_post_for_a_deleted_photo(world):
    world.has(with_photos=photos(4, state=PhotoState.AWAITED))
    delete(world)
    ports = {
        "jobs": world.jobs,
        "photos": world.photos,
        "deletions": world.deletions,
        "clock": world.clock,
    }

    stored = StoredJob(job_id=JOB, uploads=[{"photo_id": f"p0{n}"} for n in (1, 2)])
    assert [one.photo_id for one in create_job_again(stored, **ports).uploads] == ["p02"]
    with pytest.raises(NotFound):
        add_photo_again(StoredPost(photo_id="p01"), JOB, **ports)


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.OPEN])
def test_only_an_open_jobs_photos_can_be_deleted(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        delete(world)

    assert states(world) == ["accepted"] * 3


def test_an_unknown_photo_or_job_is_not_found(world):
    with pytest.raises(NotFound):
        delete(world)
    world.has()
    with pytest.raises(NotFound, match="p09"):
        delete(world, "p09")
