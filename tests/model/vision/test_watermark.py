"""The invisible watermark: invisible, readable after edits, no false readings."""

import cv2
import numpy as np
import pytest

from likeness.domain.provenance.watermark import (
    Watermarking,
    read_watermarks,
    watermark_of,
    wrong_bits,
)
from likeness_model.generation.variation import variation_for
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import read_subject
from likeness_model.vision import watermark
from likeness_model.vision.watermark import estimate_scores, write_watermark
from tests.model.conftest import DEMO
from tests.watermarks import scores_of, watermarks_in

ID = watermark_of(7, 1, "a01")
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
    """A square photo of an avatar's size."""
    photo = cv2.cvtColor(cv2.imread(str(DEMO / "01-original.jpg")), cv2.COLOR_BGR2RGB)
    side = min(photo.shape[:2])
    return cv2.resize(photo[:side, :side], (1024, 1024), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def watermarked(picture):
    written, watermarking = write_watermark(picture, ID)
    assert watermarking is Watermarking.WRITTEN
    return written


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_watermark_is_readable(watermarked, attack):
    assert ID in read_watermarks(scores_of(ATTACKS[attack](watermarked)))


def test_a_mirrored_picture_is_readable_only_mirrored(watermarked):
    mirrored = jpeg(watermarked[:, ::-1], 75)

    assert ID not in read_watermarks(scores_of(mirrored))
    assert ID in read_watermarks(scores_of(mirrored, mirrored=True))


@pytest.fixture(scope="module")
def painted(subject):
    """One picture of each style, with its watermark."""
    pictures = {}
    for style, paint in STYLES.items():
        variation = variation_for(style, seed=1, variant=1)
        pictures[style] = write_watermark(paint(subject.scene(variation, 256), variation), ID)
    return pictures


def test_what_is_recorded_as_written_is_read_by_the_verification_service(painted):
    wrong = {
        style: wrong_bits(ID, scores_of(picture))
        for style, (picture, watermarking) in painted.items()
        if watermarking is Watermarking.WRITTEN and ID in watermarks_in(picture)
    }

    too_flat = {style for style, (_, state) in painted.items() if state is Watermarking.TOO_FLAT}
    assert wrong.keys() | too_flat == STYLES.keys()
    assert len(too_flat) <= 2
    assert max(wrong.values()) <= 26
    assert sum(wrong.values()) / len(wrong) <= 9


def test_a_picture_that_is_neither_bold_nor_flat_is_read_too(photos):
    """This one has 23 wrong bits at the strength 1."""
    variation = variation_for("vaporwave", seed=1, variant=1)
    picture = STYLES["vaporwave"](
        read_subject(photos["original"], 768).scene(variation, 768), variation
    )

    written, watermarking = write_watermark(picture, ID)

    assert watermarking is Watermarking.TOO_FLAT
    assert np.array_equal(written, picture)


def test_the_estimate_agrees_with_the_decoder(painted):
    for picture, _ in painted.values():
        estimate = wrong_bits(ID, estimate_scores(picture).tolist())
        assert abs(estimate - wrong_bits(ID, scores_of(picture))) <= 6


def test_the_watermark_is_invisible(picture, watermarked):
    assert cv2.PSNR(picture, watermarked) > 38
    assert np.abs(watermarked.astype(int) - picture).max() <= 12


def test_a_picture_without_watermark_does_not_contain_it(picture):
    assert ID not in watermarks_in(picture)


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
def test_the_strength_depends_on_the_picture(picture, strength):
    assert watermark._strength(picture) == strength


def test_the_same_watermark_gives_the_same_bytes(picture, watermarked):
    assert np.array_equal(write_watermark(picture, ID)[0], watermarked)


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 20, 30)])
def test_a_picture_that_is_too_flat_is_not_changed(colour):
    flat = np.full((1024, 1024, 3), colour, np.uint8)

    written, watermarking = write_watermark(flat, ID)

    if watermarking is Watermarking.TOO_FLAT:
        assert np.array_equal(written, flat)
    else:  # then it carries it
        assert read_watermarks(scores_of(written))[0] == ID
