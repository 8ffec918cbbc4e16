"""Avatars that a restarted job takes over from its checkpoints."""

import hashlib

import cv2
import numpy as np
import pytest

from likeness.domain.provenance.watermark import Watermarking
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.picture import Draft, Picture
from likeness_model.generation.variation import Variation
from likeness_model.vision.images import encode_png
from tests.model.painter.test_drawing import an_order

ORDER = an_order("comic")


@pytest.fixture
def stored(tmp_path):
    """A folder with the order's avatar, as an earlier run leaves it."""
    png = encode_png(np.full((64, 64, 3), 90, np.uint8))
    draft = Draft(ORDER.avatars[0], "p01", Variation(), draw=1)
    fingerprint = np.zeros((48, 48, 3), np.float32)
    picture = Picture(draft, png, 0.4, fingerprint, Watermarking.NOT_ORDERED)
    AvatarCheckpoints(tmp_path, ORDER).store(picture)
    return tmp_path


def test_a_stored_avatar_is_restored(stored):
    png = (stored / "a01.png").read_bytes()

    avatar = AvatarCheckpoints(stored, ORDER).avatars["a01"]

    assert avatar.sha256 == hashlib.sha256(png).hexdigest()
    assert avatar.distance == 0.4


def test_a_picture_that_does_not_match_its_sha256_is_not_restored(stored):
    """It can be decoded and has the ordered size: only the checksum tells it apart."""
    other = np.full((64, 64, 3), 91, np.uint8)
    cv2.imwrite(str(stored / "a01.png"), other)

    assert AvatarCheckpoints(stored, ORDER).avatars == {}


def test_an_avatar_of_another_size_is_not_restored(stored):
    larger = ORDER.model_copy(update={"size": 128})

    assert AvatarCheckpoints(stored, larger).avatars == {}
