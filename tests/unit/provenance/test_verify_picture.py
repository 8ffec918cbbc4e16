"""Verification of a picture: ours or not, style and time, never the user."""

import os
import signal
from datetime import timedelta
from functools import partial

import pytest
from PIL import Image

from likeness.adapters.dynamodb import keys
from likeness.adapters.photos import pictures
from likeness.adapters.photos.pictures import decoder
from likeness.domain.errors import Invalid
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.job import JobState
from likeness.domain.provenance.credentials import (
    RECORD_RETENTION,
    Claim,
    CredentialsReading,
    Trust,
    WatermarkRecord,
)
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.reasons import Reason
from likeness.services.provenance.verify_picture import MAX_BYTES, verify_picture
from tests.builders import JOB, NOW, an_avatar
from tests.fakes import FakeClock, FakeCredentials, FakeReader
from tests.unit.photos.picture_files import encode

WATERMARK = WatermarkId("00000000001")
PICTURE = encode(Image.effect_noise((256, 256), 60).convert("RGB"), "PNG")


def said(**fields) -> Claim:
    claim = {"watermark": WATERMARK, "style": "comic", "engine": "painter", "made_at": NOW}
    return Claim.model_validate(claim | fields)


@pytest.fixture
def published(world):
    """A published avatar."""
    world.has(JobState.COMPLETED, with_avatars=[an_avatar(1, AvatarState.PUBLISHED)])
    world.watermarks.add(
        WatermarkRecord(**said().model_dump(), job_id=JOB, avatar_id=an_avatar(1).avatar_id)
    )


@pytest.fixture
def verify(world):
    return partial(
        verify_picture,
        credentials=world.credentials,
        reader=FakeReader(),
        watermarks=world.watermarks,
        jobs=world.jobs,
        pictures=pictures,
        clock=world.clock,
    )


def test_a_signed_avatar_is_ours_by_its_credentials(world, verify, published):
    found = verify(world.credentials.signer()(PICTURE, "image/png", said()))

    assert (found.ours, found.by, found.credentials) == (True, "credentials", Trust.TRUSTED)
    assert (found.style, found.made_at, found.revoked) == ("comic", NOW, False)
    assert found.digital_source_type.endswith("/algorithmicallyEnhanced")


def test_without_credentials_the_watermark_identifies_an_avatar(verify, published):
    found = verify(PICTURE, reader=FakeReader("0badc0ffee0", WATERMARK))

    assert (found.ours, found.by, found.credentials) == (True, "watermark", Trust.NONE)
    assert (found.style, found.revoked) == ("comic", False)


def test_a_mirrored_avatar_is_found_by_its_watermark(verify, published):
    found = verify(PICTURE, reader=FakeReader(WATERMARK, mirrored=True))

    assert (found.ours, found.by, found.style) == (True, "watermark", "comic")


def test_an_avatar_whose_certificate_has_ended_is_ours_by_its_watermark(
    verify, published, monkeypatch
):
    ended = CredentialsReading(trust=Trust.EXPIRED)
    monkeypatch.setattr(FakeCredentials, "read", lambda *_: ended)

    found = verify(PICTURE, reader=FakeReader(WATERMARK))
    assert (found.ours, found.by, found.credentials) == (True, "watermark", Trust.EXPIRED)

    unknown = verify(PICTURE, reader=FakeReader())
    assert (unknown.ours, unknown.credentials) == (False, Trust.EXPIRED)


def test_a_picture_above_the_limit_is_refused_with_the_limit(verify):
    with pytest.raises(Invalid, match=r"more than 4\.4 MB") as refused:
        verify(PICTURE + bytes(MAX_BYTES + 1 - len(PICTURE)))

    assert refused.value.reason is None  # FILE.TOO_LARGE speaks of 20 MB
    assert verify(PICTURE + bytes(MAX_BYTES - len(PICTURE))).ours is False


def test_the_response_names_no_job_and_no_avatar(verify, published):
    answer = verify(PICTURE, reader=FakeReader(WATERMARK)).model_dump_json()

    assert JOB not in answer
    assert WATERMARK not in answer


@pytest.mark.parametrize(
    "watermarks", [(), ("0badc0ffee0",)], ids=["no watermark", "an unknown watermark"]
)
def test_a_foreign_picture_is_not_ours(verify, published, watermarks):
    found = verify(PICTURE, reader=FakeReader(*watermarks))

    assert (found.ours, found.by, found.style, found.revoked) == (False, None, None, None)


@pytest.mark.parametrize("state", [AvatarState.NOT_KEPT, AvatarState.REFUSED, AvatarState.APPROVED])
def test_an_avatar_that_was_not_kept_or_not_published_is_revoked(world, verify, published, state):
    world.jobs.save_avatars([an_avatar(1, state)])

    assert verify(PICTURE, reader=FakeReader(WATERMARK)).revoked is True


def test_an_avatar_of_an_erased_user_is_revoked(world, verify, published):
    world.jobs.delete(JOB)

    found = verify(world.credentials.signer()(PICTURE, "image/png", said()))

    assert (found.ours, found.revoked) == (True, True)


def test_a_revoked_watermark_is_revoked_long_after_the_jobs_record_expired(
    world, verify, published
):
    world.jobs.delete(JOB)
    world.watermarks.revoke([WATERMARK])

    found = verify(
        PICTURE, reader=FakeReader(WATERMARK), clock=FakeClock(NOW + 40 * RECORD_RETENTION)
    )

    assert (found.ours, found.revoked) == (True, True)


def test_an_expired_record_does_not_mean_revoked(world, verify, published):
    world.jobs.delete(JOB)

    found = verify(
        PICTURE,
        reader=FakeReader(WATERMARK),
        clock=FakeClock(NOW + RECORD_RETENTION + timedelta(seconds=1)),
    )

    assert (found.ours, found.revoked) == (True, None)
    assert RECORD_RETENTION == keys.JOB_TTL


def test_another_avatar_with_the_same_id_does_not_count(world, verify, published):
    """Drawn again in attempt 2: the first one was refused and not published."""
    world.jobs.save_avatars([an_avatar(1, AvatarState.PUBLISHED, watermark="00000000002")])

    assert verify(PICTURE, reader=FakeReader(WATERMARK)).revoked is True


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", PICTURE[:200]],
    ids=["nothing", "text", "cut off"],
)
def test_an_unreadable_file_is_refused_with_a_reason(verify, content):
    with pytest.raises(Invalid, match="one still picture") as refused:
        verify(content)

    assert refused.value.reason


def test_a_picture_that_ends_its_decoder_is_refused_with_a_reason(verify, monkeypatch):
    monkeypatch.setattr(decoder, "normalise", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))

    with pytest.raises(Invalid, match="one still picture") as refused:
        verify(PICTURE)

    assert refused.value.reason is Reason.FILE_CORRUPT


@pytest.mark.parametrize(
    ("kind", "content_type"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("JPEG", "image/jpeg")]
)
def test_the_content_decides_how_credentials_are_read(verify, monkeypatch, kind, content_type):
    types = []
    read = FakeCredentials.read
    monkeypatch.setattr(
        FakeCredentials, "read", lambda *given: types.append(given[-1]) or read(*given)
    )

    assert not verify(encode(Image.new("RGB", (256, 256)), kind)).ours

    assert types == [content_type]
