"""The avatars that a user may see: the fake, and S3."""

import io
import zipfile

import pytest

from likeness.domain.deletion.receipt import DRAWN, PUBLISHED
from likeness.domain.errors import Conflict, NotDeleted, NotFound
from tests.builders import JOB, OTHER_JOB, a_png, an_avatar, unsigned


def pixels_of(png: bytes) -> bytes:
    return png[png.index(b"IDAT") :]


FILES = ("1024.png", "256.webp", "512.webp")


def drawn(buckets, *numbers: int) -> list:
    for n in numbers:
        buckets.avatar_objects.put(f"drawn/{JOB}/a{n:02d}.png", a_png(n))
    return [an_avatar(n) for n in numbers]


def published(buckets, *numbers: int) -> list:
    avatars = drawn(buckets, *numbers)
    buckets.avatar_store.publish(avatars, sign=unsigned)
    return avatars


def test_every_avatar_is_published_in_every_size_with_one_archive(buckets):
    published(buckets, 1, 2)

    there = [key for key in buckets.avatar_objects.listing() if key.startswith("avatars/")]
    assert there == [
        *(f"avatars/{JOB}/a01/{file}" for file in FILES),
        *(f"avatars/{JOB}/a02/{file}" for file in FILES),
        f"avatars/{JOB}/avatars.zip",
    ]
    png = buckets.avatar_objects.get(f"avatars/{JOB}/a01/1024.png", "avatar")
    assert pixels_of(png) == pixels_of(a_png(1))


def test_the_archive_names_avatars_by_rank_and_style(buckets):
    first, second = drawn(buckets, 1, 2)
    ranked = [
        first.model_copy(update={"rank": 201, "style": "oil"}),
        second.model_copy(update={"rank": 100}),
    ]

    buckets.avatar_store.publish(ranked, sign=unsigned)

    content = buckets.avatar_objects.get(f"avatars/{JOB}/avatars.zip", "archive")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["01-comic.png", "02-oil.png"]
        assert pixels_of(archive.read("01-comic.png")) == pixels_of(a_png(2))


def test_publishing_is_idempotent(buckets):
    avatars = published(buckets, 1)
    before = {
        key: buckets.avatar_objects.get(key, "object") for key in buckets.avatar_objects.listing()
    }

    buckets.avatar_store.publish(avatars, sign=unsigned)

    after = {
        key: buckets.avatar_objects.get(key, "object") for key in buckets.avatar_objects.listing()
    }
    assert after == before


def test_an_avatar_that_changed_since_its_approval_is_not_published(buckets):
    avatars = drawn(buckets, 1)
    buckets.avatar_objects.put(f"drawn/{JOB}/a01.png", a_png(2))

    with pytest.raises(Conflict):
        buckets.avatar_store.publish(avatars, sign=unsigned)

    assert not [key for key in buckets.avatar_objects.listing() if key.startswith("avatars/")]


def test_a_deleted_avatar_is_not_found(buckets):
    with pytest.raises(NotFound):
        buckets.avatar_store.publish([an_avatar()], sign=unsigned)


def test_urls_are_presigned_for_the_requested_files_only(buckets):
    urls = buckets.avatar_store.urls(JOB, ["a02"])

    assert set(urls) == {"a02"}
    assert f"avatars/{JOB}/a02/1024.png" in urls["a02"].png
    assert set(urls["a02"].webp) == {512, 256}
    assert f"avatars/{JOB}/a02/256.webp" in urls["a02"].webp[256]
    assert f"avatars/{JOB}/avatars.zip" in buckets.avatar_store.archive_url(JOB)


def test_urls_expire_after_five_minutes(buckets):
    avatar = buckets.avatar_store.urls(JOB, ["a01"])["a01"]

    for url in (avatar.png, *avatar.webp.values(), buckets.avatar_store.archive_url(JOB)):
        assert "X-Amz-Expires=300" in url.split("?")[1].split("&")


def test_deleting_drawn_copies_leaves_published_avatars(buckets):
    published(buckets, 1)

    buckets.files.delete(JOB, DRAWN)
    buckets.files.delete(JOB, DRAWN)

    keys = buckets.avatar_objects.listing()
    assert keys
    assert all(key.startswith("avatars/") for key in keys)


def test_deleting_covers_drawn_and_published_avatars_of_this_job_only(buckets):
    published(buckets, 1, 2)
    buckets.avatar_objects.put(f"avatars/{OTHER_JOB}/a01/1024.png", b"theirs")

    assert buckets.files.delete(JOB, (*DRAWN, *PUBLISHED)) == 2 + 2 * 3 + 1

    assert buckets.avatar_objects.listing() == [f"avatars/{OTHER_JOB}/a01/1024.png"]
    assert buckets.files.delete(JOB, (*DRAWN, *PUBLISHED)) == 0


@pytest.mark.parametrize("places", [(*DRAWN, *PUBLISHED), DRAWN])
def test_avatars_that_could_not_be_deleted_are_not_reported_deleted(buckets, places):
    drawn(buckets, 1)
    buckets.avatar_objects.locked = True

    with pytest.raises(NotDeleted):
        buckets.files.delete(JOB, places)


def test_placeholders_are_published_like_avatars_without_a_drawn_file(buckets):
    avatars = [an_avatar(n) for n in (1, 2)]

    buckets.avatar_store.publish_placeholders(avatars)

    there = [key for key in buckets.avatar_objects.listing() if key.startswith("avatars/")]
    assert there == [
        *(f"avatars/{JOB}/a01/{file}" for file in FILES),
        *(f"avatars/{JOB}/a02/{file}" for file in FILES),
        f"avatars/{JOB}/avatars.zip",
    ]
    buckets.avatar_store.keep(avatars[:1], ["a02"])
    content = buckets.avatar_objects.get(f"avatars/{JOB}/avatars.zip", "archive")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["01-comic.png"]
