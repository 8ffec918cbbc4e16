"""A painter draws what the photo shows: nothing beyond its edge, and no covered feature."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from likeness_model.generation.variation import EYE_LINE, Variation
from likeness_model.painter import regions
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import HIGHEST_EYES, read_subject
from likeness_model.vision.person import NoUsableFace
from likeness_model.vision.visible import Part
from tests.model import pictures

EDGE = np.array([255, 0, 255])


@pytest.mark.parametrize(
    ("side", "share"), [("left", 0.35), ("left", 0.2), ("top", 0.2), ("top", 0.05)]
)
def test_a_photo_that_cuts_the_face_is_left_out(photos, side, share):
    photo = pictures.cut(photos["original"], side, share)

    with pytest.raises(NoUsableFace):
        read_subject(photo, 128)


@pytest.mark.parametrize(("side", "share"), [("left", -0.3), ("top", -0.2)])
def test_where_hair_is_cut_the_framing_is_nearer_and_nothing_is_stretched(photos, side, share):
    """The photo's edge is magenta: a stretched edge would be a stripe or an area of it."""
    photo = pictures.cut(photos["original"], side, share)
    photo[:2], photo[-2:], photo[:, :2], photo[:, -2:] = EDGE, EDGE, EDGE, EDGE

    subject = read_subject(photo, 256)
    scene = subject.scene(Variation(), 256)

    stretched = np.abs(scene.foreground.astype(int) - EDGE).max(2) < 100
    assert (stretched & (scene.alpha > 0.05)).mean() < 0.005
    height = np.ptp(scene.mesh[:, 1]) / 256
    wide = read_subject(photos["original"], 256).scene(Variation(), 256)
    assert height > 1.3 * np.ptp(wide.mesh[:, 1]) / 256
    eyes = scene.mesh[[33, 133, 263, 362], 1].mean() / 256
    assert HIGHEST_EYES - 0.02 < eyes < EYE_LINE + 0.02


@pytest.fixture(scope="module")
def masked(photos):
    return read_subject(pictures.masked(photos["wide"]), 256).scene(Variation(), 256)


def test_a_mask_hides_lips_and_nose_and_shows_eyes_and_brows(masked, scene):
    assert masked.covered == {Part.MOUTH}
    for name in ("lips", "mouth", "nose"):
        assert getattr(masked, name).max() == 0
        assert getattr(scene, name).max() > 0.5
    for name in ("eyes", "brows"):
        assert getattr(masked, name).sum() > 0.8 * getattr(scene, name).sum()


def test_the_colour_of_skin_is_taken_from_visible_skin(masked, scene):
    cloth = regions.fill(masked.mesh, [regions.LIPS_OUTSIDE], 256) > 0.9

    assert masked.skin[cloth].max() < 0.1
    assert masked.face[cloth].max() < 0.1
    light, *colour = np.abs(masked.flesh - scene.flesh)
    assert light < 8  # the forehead is not as light as the cheeks
    assert max(colour) < 4
    forehead = regions.fill(masked.mesh, ["107 66 105 104 103 67 109 10"], 256) > 0.9
    assert masked.skin[forehead].mean() > 0.6


def test_without_anything_covered_no_mask_changes(scene):
    assert scene.hidden.max() == 0
    assert np.array_equal(scene.face, scene.oval)


@pytest.mark.parametrize("style_id", STYLES)
def test_no_style_paints_lips_on_a_mask(masked, style_id):
    """The cloth is even: where the lips would be, it looks like the cloth around them."""
    picture = STYLES[style_id](masked, Variation()).astype(np.float32) / 255
    soft = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 3), cv2.COLOR_RGB2Lab)
    lips = regions.fill(masked.mesh, [regions.LIPS_OUTSIDE], 256) > 0.5
    around = (cv2.dilate(lips.astype(np.uint8), np.ones((15, 15))) > 0) & ~lips

    apart = np.linalg.norm(np.median(soft[lips], 0) - np.median(soft[around], 0))

    assert apart < 8


@pytest.mark.parametrize("style_id", STYLES)
def test_every_style_paints_a_face_of_which_all_parts_are_covered(scene, style_id):
    everything = replace(scene, covered=frozenset(Part))

    picture = STYLES[style_id](everything, Variation())

    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
