"""The operator's hash list in S3, on moto."""

import pytest

from likeness.adapters.photos.hash_list import FRESH_S, BucketHashList
from likeness.domain.errors import Unavailable
from likeness.domain.photos.photo_hash import PhotoHashes

ONE, OTHER = int("0f" * 32, 16), int("a5" * 32, 16)


class Watch:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


def put(s3, key, *hashes):
    s3.put_object(Bucket="photos", Key=key, Body="\n".join(f"{one:064x}" for one in hashes))


def seen(value):
    return PhotoHashes(quality=100, hashes=(value,))


def test_a_list_is_one_object(s3, watch):
    put(s3, "known.csv", ONE)
    listed = BucketHashList(s3, "photos/known.csv", seconds=watch)

    assert listed.match(seen(ONE ^ 0b111))
    assert not listed.match(seen(OTHER))


def test_a_list_is_read_again_after_an_hour(s3, watch):
    put(s3, "known.csv", ONE)
    listed = BucketHashList(s3, "photos/known.csv", seconds=watch)
    listed.match(seen(ONE))
    put(s3, "known.csv", OTHER)

    watch.now = FRESH_S - 1
    assert not listed.match(seen(OTHER))
    watch.now = FRESH_S
    assert listed.match(seen(OTHER))


@pytest.mark.parametrize("content", [None, b"", b"hash,type\n", b"no hash\nno hash", b"\xff\xfe"])
def test_no_photo_passes_a_list_that_cannot_be_read(s3, watch, content):
    if content is not None:
        s3.put_object(Bucket="photos", Key="known.csv", Body=content)
    listed = BucketHashList(s3, "photos/known.csv", seconds=watch)

    with pytest.raises(Unavailable):
        listed.match(seen(ONE))


def test_a_list_that_breaks_later_stops_photos_too(s3, watch):
    put(s3, "known.csv", ONE)
    listed = BucketHashList(s3, "photos/known.csv", seconds=watch)
    listed.match(seen(OTHER))
    s3.delete_object(Bucket="photos", Key="known.csv")
    watch.now = FRESH_S

    with pytest.raises(Unavailable):
        listed.match(seen(OTHER))
