"""One more presigned POST, to replace a refused photo."""

from datetime import timedelta

import pytest

from likeness.api.photos import AddPhoto, StoredPost
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.services.photos import add_photo as service
from tests.builders import JOB, a_photo, photos

HEIC = AddPhoto(content_type="image/heic")


def add(world):
    return service.add_photo(
        JOB,
        HEIC,
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        clock=world.clock,
    )


def test_a_presigned_post_has_the_next_photo_id(world):
    world.has(with_photos=photos(3))

    post = add(world)

    assert (post.photo_id, post.fields["Content-Type"]) == ("p04", "image/heic")
    added = world.jobs.photos(JOB)[3]
    assert (added.photo_id, added.state) == ("p04", PhotoState.AWAITED)


def test_a_refused_photo_frees_its_place(world):
    refused = a_photo(10, state=PhotoState.REFUSED)
    world.has(with_photos=[*photos(9), refused])

    assert add(world).photo_id == "p11"
    with pytest.raises(Conflict, match="10 photos"):
        add(world)


def test_the_number_of_added_photos_is_limited(world):
    world.has(with_photos=photos(30, state=PhotoState.REFUSED))

    with pytest.raises(Conflict, match="create a new job"):
        add(world)


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.OPEN])
def test_only_an_open_job_accepts_photos(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        add(world)

    assert len(world.jobs.photos(JOB)) == 3


def test_a_job_past_its_submit_limit_accepts_no_photos(world):
    world.has()
    world.clock.set(world.job.submit_by)

    with pytest.raises(Conflict, match="had to be submitted"):
        add(world)


def test_a_job_accepts_photos_until_its_submit_limit(world):
    world.has()
    world.clock.set(world.job.submit_by - timedelta(seconds=1))

    assert add(world)


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        add(world)


def test_of_two_concurrent_requests_the_second_retries(world, monkeypatch):
    world.has(with_photos=photos(3))
    seen = world.jobs.photos(JOB)
    add(world)
    monkeypatch.setattr(world.jobs, "photos", lambda _: seen)

    with pytest.raises(Conflict):
        add(world)


# --- the same request again, by its Idempotency-Key ---------------------------------------------


def again(world, post):
    kept = StoredPost.model_validate(post, from_attributes=True)
    return service.add_photo_again(
        kept,
        JOB,
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        clock=world.clock,
    )


def test_a_repeated_request_returns_the_same_photo_with_a_new_presigned_post(world):
    world.has(with_photos=photos(3))
    post = add(world)

    assert again(world, post) == post
    assert len(world.jobs.photos(JOB)) == 4


def test_a_repeat_for_a_job_that_accepts_no_photos_is_refused(world):
    job = world.has(with_photos=photos(3))
    post = add(world)

    world.clock.set(job.submit_by)
    with pytest.raises(Conflict, match="had to be submitted"):
        again(world, post)

    world.jobs.save(world.job.move(JobState.EXPIRED, job.submit_by))
    with pytest.raises(Conflict, match="expired"):
        again(world, post)


def test_a_repeat_for_a_deleted_photo_is_not_found(world):
    world.has(with_photos=photos(3))
    post = add(world).model_copy(update={"photo_id": "p09"})

    with pytest.raises(NotFound):
        again(world, post)
