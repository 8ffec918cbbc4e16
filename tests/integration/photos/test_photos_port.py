"""The photos bucket: the fake, and S3."""

import hashlib

import pytest

from likeness.domain.deletion.receipt import PHOTOS
from likeness.domain.errors import NotDeleted, NotFound
from likeness.domain.ids import PhotoId
from tests.builders import JOB, OTHER_JOB

ONE, TWO = PhotoId("p01"), PhotoId("p02")


@pytest.fixture
def photos(buckets):
    return buckets.photos


def upload(buckets, photo_id: PhotoId, content: bytes, job_id=JOB) -> str:
    """Uploads by the presigned POST; returns the ETag as in S3's event."""
    buckets.photo_objects.put(f"uploads/{job_id}/{photo_id}", content)
    return hashlib.md5(content).hexdigest()  # noqa: S324 - what an ETag is


def test_a_presigned_post_allows_one_key_and_type(photos):
    presigned_post = photos.presigned_post(JOB, ONE, "image/heic")

    assert presigned_post.photo_id == ONE
    assert presigned_post.fields["key"] == f"uploads/{JOB}/p01"
    assert presigned_post.fields["Content-Type"] == "image/heic"
    assert presigned_post.max_bytes == 20 * 2**20


def test_uploads_are_listed_for_this_job_only(buckets):
    etags = {photo_id: upload(buckets, photo_id, photo_id.encode()) for photo_id in (TWO, ONE)}
    upload(buckets, ONE, b"another job's", OTHER_JOB)

    listed = buckets.photos.uploads(JOB)

    assert [there.photo_id for there in listed] == [ONE, TWO]
    assert all(there.uploaded_at for there in listed)
    assert {there.photo_id: there.etag for there in listed} == etags


def test_a_job_without_uploads_lists_none(photos):
    assert photos.uploads(JOB) == []


@pytest.mark.parametrize("quoted", [False, True])
def test_an_upload_is_read_by_its_etag(buckets, quoted):
    etag = upload(buckets, ONE, b"bytes of a photo")

    content = buckets.photos.read_upload(JOB, ONE, etag=f'"{etag}"' if quoted else etag)

    assert content == b"bytes of a photo"


def test_a_replaced_upload_is_not_found(buckets):
    """A presigned POST used again with other bytes: those are never read as the first."""
    inspected = upload(buckets, ONE, b"a face")
    upload(buckets, ONE, b"something else")

    with pytest.raises(NotFound):
        buckets.photos.read_upload(JOB, ONE, etag=inspected)


def test_a_deleted_upload_is_not_found(buckets):
    etag = upload(buckets, ONE, b"a face")

    buckets.photos.delete_upload(JOB, ONE)
    buckets.photos.delete_upload(JOB, ONE)  # deleting what is gone is no error

    with pytest.raises(NotFound):
        buckets.photos.read_upload(JOB, ONE, etag=etag)


def test_a_photo_is_stored_read_and_deleted(photos):
    photos.store(JOB, ONE, b"jpeg")
    photos.store(JOB, ONE, b"jpeg")
    assert photos.read(JOB, ONE) == b"jpeg"

    photos.delete(JOB, ONE)
    photos.delete(JOB, ONE)

    with pytest.raises(NotFound):
        photos.read(JOB, ONE)


def test_a_review_url_expires_after_a_minute(photos):
    url = photos.review_url(JOB, ONE)

    assert f"photos/{JOB}/p01.jpg" in url
    assert "X-Amz-Expires=60" in url.split("?")[1].split("&")


def test_deleting_covers_uploads_and_photos_of_this_job_only(buckets):
    upload(buckets, ONE, b"one")
    upload(buckets, ONE, b"theirs", OTHER_JOB)
    buckets.photos.store(JOB, ONE, b"jpeg")
    buckets.photos.store(OTHER_JOB, TWO, b"theirs")

    assert buckets.files.delete(JOB, PHOTOS) == 2

    left = [f"photos/{OTHER_JOB}/p02.jpg", f"uploads/{OTHER_JOB}/p01"]
    assert buckets.photo_objects.listing() == left


def test_the_files_of_one_photo_are_listed_and_deleted_alone(buckets):
    upload(buckets, ONE, b"one")
    buckets.photos.store(JOB, ONE, b"jpeg")
    buckets.photos.store(JOB, TWO, b"jpeg")

    found = buckets.files.inventory(JOB, PHOTOS, photo=ONE)
    assert sorted(one.name for one in found) == ["photos/p01.jpg", "uploads/p01"]
    assert buckets.files.delete(JOB, PHOTOS, photo=ONE) == 2

    assert buckets.photo_objects.listing() == [f"photos/{JOB}/p02.jpg"]


def test_deleting_twice_finds_nothing_the_second_time(buckets):
    upload(buckets, ONE, b"one")

    assert [buckets.files.delete(JOB, PHOTOS), buckets.files.delete(JOB, PHOTOS)] == [1, 0]


def test_objects_that_could_not_be_deleted_are_not_reported_deleted(buckets):
    upload(buckets, ONE, b"one")
    buckets.photo_objects.locked = True

    with pytest.raises(NotDeleted):
        buckets.files.delete(JOB, PHOTOS)

    buckets.photo_objects.locked = False
    assert buckets.files.delete(JOB, PHOTOS) == 1


def test_a_file_of_an_appeal_has_its_own_place_and_is_deleted_with_the_uploads(buckets):
    photos = buckets.photos
    presigned_post = photos.presigned_post(JOB, ONE, "image/png", folder="appeals")
    assert (presigned_post.fields["key"], presigned_post.fields["Content-Type"]) == (
        f"appeals/{JOB}/p01",
        "image/png",
    )
    content = b"the same file once more"
    etag = hashlib.md5(content).hexdigest()  # noqa: S324 - what an ETag is
    buckets.photo_objects.put(f"appeals/{JOB}/p01", content)
    buckets.photo_objects.put(f"appeals/{JOB}/p02", content)

    assert photos.uploads(JOB) == []
    assert photos.read_upload(JOB, ONE, etag=etag, folder="appeals") == content
    with pytest.raises(NotFound):
        photos.read_upload(JOB, ONE, etag="another", folder="appeals")
    photos.delete_upload(JOB, ONE, folder="appeals")
    with pytest.raises(NotFound):
        photos.read_upload(JOB, ONE, etag=etag, folder="appeals")
    assert buckets.files.delete(JOB, PHOTOS) == 1
    assert buckets.photo_objects.listing() == []
