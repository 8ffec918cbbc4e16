"""The invisible watermark: invisible, read again after what happens to pictures, never imagined."""

import cv2
import numpy as np
import pytest

from likeness.domain.provenance.watermark import Watermarking, read_watermarks, watermark_of
from likeness_model.vision import mark as mark_module
from likeness_model.vision.watermark import read_scores, write_watermark
from tests.model.conftest import DEMO

MARK = watermark_of(7, 1, "a01")
ATTACKS = {
    "as it is": lambda picture: picture,
    "JPEG 75": lambda picture: jpeg(picture, 75),
    "half": lambda picture: cv2.resize(picture, (512, 512), interpolation=cv2.INTER_AREA),
    "half, JPEG 75": lambda picture: jpeg(cv2.resize(picture, (512, 512)), 75),
    "10 % cropped": lambda picture: picture[51:-51, 51:-51],
    "10 % of one side": lambda picture: picture[:, 102:],
}


def jpeg(picture, quality):
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


@pytest.fixture(scope="module")
def picture():
    """A square photograph, as large as an avatar."""
    photo = cv2.cvtColor(cv2.imread(str(DEMO / "01-original.jpg")), cv2.COLOR_BGR2RGB)
    side = min(photo.shape[:2])
    return cv2.resize(photo[:side, :side], (1024, 1024), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def marked(picture):
    written, watermarking = write_watermark(picture, MARK)
    assert watermarking is Watermarking.WRITTEN
    return written


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_mark_is_read_again(marked, attack):
    assert MARK in read_watermarks(read_scores(ATTACKS[attack](marked)).tolist())


def test_the_mark_is_not_seen(picture, marked):
    assert cv2.PSNR(picture, marked) > 38
    assert np.abs(marked.astype(int) - picture).max() <= 12


def test_without_a_mark_none_is_read(picture):
    assert MARK not in read_watermarks(read_scores(picture).tolist())


@pytest.mark.parametrize(
    ("picture", "strength"),
    [
        (np.full((8, 8, 3), 128, np.uint8), 0.7),
        (np.full((8, 8, 3), (100, 120, 150), np.uint8), 1.0),
        (np.full((8, 8, 3), (250, 20, 30), np.uint8), 1.5),
        (np.indices((8, 8)).sum(0)[..., None].repeat(3, 2).astype(np.uint8) % 2 * 255, 1.2),
    ],
    ids=["grey", "plain", "vivid", "stark"],
)
def test_a_mark_is_as_strong_as_the_picture_needs(picture, strength):
    assert mark_module._strength(picture) == strength


def test_marking_twice_gives_the_same_bytes(picture, marked):
    assert np.array_equal(write_watermark(picture, MARK)[0], marked)


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 20, 30)])
def test_a_picture_too_flat_to_carry_it_stays_as_it_is_and_says_so(colour):
    flat = np.full((1024, 1024, 3), colour, np.uint8)

    written, watermarking = write_watermark(flat, MARK)

    if watermarking is Watermarking.TOO_FLAT:
        assert np.array_equal(written, flat)
    else:  # then it carries it
        assert read_watermarks(read_scores(written).tolist())[0] == MARK
