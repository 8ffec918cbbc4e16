"""A published avatar contains its provenance, and POST /v1/verify reads it."""

import io

import numpy as np
import pytest
from PIL import Image

from likeness_client.errors import ApiError
from tests.stack.people import Person


@pytest.fixture(scope="module")
def made(backend, selfies, http):
    """A user, their job, and its avatars: (style, PNG, smallest WebP), best first."""
    person = Person(backend)
    job_id = person.hands_in(*selfies[:3], styles=["oil", "pencil"])
    backend.submit_job(job_id)
    job = person.sees_end(job_id)
    assert job["state"] == "completed", job["reason"]
    pictures = [
        (one["style"], http.request("GET", one["png"]).data, one["webp"]["512"])
        for one in job["avatars"]
    ]
    return person, job, [(s, png, http.request("GET", url).data) for s, png, url in pictures]


def as_jpeg(png: bytes, side: int, quality: int = 75) -> bytes:
    with Image.open(io.BytesIO(png)) as picture:
        small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_every_file_of_a_published_avatar_is_ours_by_its_credentials(backend, made):
    _, job, pictures = made
    assert pictures
    for style, png, webp in pictures:
        for content, kind in ((png, "image/png"), (webp, "image/webp")):
            found = backend.verify_picture(content, kind)
            assert (found["ours"], found["by"]) == (True, "credentials")
            assert found["credentials"] == "trusted"
            assert found["style"] == style
            assert found["revoked"] is False
            assert job["job_id"] not in str(found)


def test_a_halved_and_saved_again_avatar_is_ours_by_its_watermark(backend, made):
    _, _, pictures = made
    style, png, _ = pictures[0]

    found = backend.verify_picture(as_jpeg(png, 512), "image/jpeg")

    assert (found["ours"], found["by"], found["credentials"]) == (True, "watermark", "none")
    assert (found["style"], found["revoked"]) == (style, False)


def test_one_changed_bit_invalidates_the_credentials_and_not_the_watermark(backend, made):
    _, _, pictures = made
    changed = bytearray(pictures[0][2])
    changed[changed.index(b"XMP ") + 40] ^= (
        1  # a bit of the label: a pixel's bit would damage everything after it
    )

    found = backend.verify_picture(bytes(changed), "image/webp")

    assert found["credentials"] == "invalid"
    assert found["by"] == "watermark"


def test_a_foreign_picture_is_not_ours(backend, selfies):
    noise = np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8)
    png = io.BytesIO()
    Image.fromarray(noise).save(png, "PNG")

    for content, kind in ((selfies[0], "image/jpeg"), (png.getvalue(), "image/png")):
        found = backend.verify_picture(content, kind)
        assert (found["ours"], found["by"], found["style"]) == (False, None, None)


def test_a_file_that_is_not_a_picture_is_refused_with_a_reason(backend):
    with pytest.raises(ApiError) as refused:
        backend.verify_picture(b"hello", "image/png")
    assert refused.value.status == 400
    with pytest.raises(ApiError) as refused:
        backend.verify_picture(b"hello", "text/plain")
    assert refused.value.status == 415


def test_an_avatar_that_was_not_kept_is_revoked(backend, made):
    _, job, pictures = made
    backend.keep_avatars(job["job_id"], {"avatars": [job["avatars"][0]["avatar_id"]]})

    kept = backend.verify_picture(pictures[0][1], "image/png")
    dropped = backend.verify_picture(as_jpeg(pictures[1][1], 1024), "image/jpeg")

    assert kept["revoked"] is False
    assert (dropped["ours"], dropped["revoked"]) == (True, True)


def test_only_the_publishing_function_can_sign(backend, made, selfies, without_permission):
    """Without permission for the key a job fails, and publishes nothing unsigned."""
    with without_permission("PublishAvatarsFunction", "SignCredentials"):
        person = Person(backend)
        job_id = person.hands_in(*selfies[:3], styles=["pencil"], avatars=1)
        backend.submit_job(job_id)
        job = person.sees_end(job_id)

    assert job["state"] == "failed"
    assert job["avatars"] == []
