"""From a photo to a scene: framing, cut-out, masks."""

import numpy as np
import pytest

from likeness_model.generation.variation import EYE_LINE, Variation
from likeness_model.painter import matte, regions
from likeness_model.painter.subject import read_subject
from likeness_model.vision.person import NoUsableFace

RIGHT_EYE, LEFT_EYE = [33, 133], [263, 362]
VARIATIONS = [
    Variation(),
    Variation(zoom=1.15, shift=(0.03, -0.02)),
    Variation(zoom=1.25, mirror=True),
    Variation(mirror=True, shift=(-0.03, 0.02), zoom=1.1),
]


def eyes_of(scene):
    return scene.mesh[RIGHT_EYE, :2].mean(0), scene.mesh[LEFT_EYE, :2].mean(0)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_the_eyes_are_level_and_on_the_line(subject, variation):
    right, left = eyes_of(subject.scene(variation, 256))

    assert right[1] == pytest.approx(left[1], abs=2)
    assert (right[1] + left[1]) / 2 / 256 == pytest.approx(EYE_LINE, abs=0.03)
    assert (right[0] + left[0]) / 2 / 256 == pytest.approx(0.5, abs=0.07)


def test_a_tilted_head_is_levelled(photos):
    right, left = eyes_of(read_subject(photos["tilted"], 256).scene(Variation(), 256))

    assert right[1] == pytest.approx(left[1], abs=2)


def test_a_mirrored_scene_is_the_mirror_image(subject):
    plain, mirrored = subject.scene(Variation(), 256), subject.scene(Variation(mirror=True), 256)
    difference = plain.foreground[:, ::-1].astype(int) - mirrored.foreground

    assert np.abs(difference).mean() < 1
    assert np.abs(255 - plain.mesh[:, 0] - mirrored.mesh[:, 0]).max() < 1


def test_a_photo_smaller_than_the_picture_is_enlarged_whole(photos):
    small = photos["wide"][::4, ::4].copy()
    scene = read_subject(small, 256).scene(Variation(), 256)

    assert scene.size == 256
    assert scene.alpha[128, 128] == pytest.approx(1, abs=0.02)


def test_a_close_up_whose_hair_leaves_the_photo_on_three_sides_is_left_out(photos):
    face_only = photos["close"][120:1000, 250:950].copy()

    with pytest.raises(NoUsableFace, match="too near"):
        read_subject(face_only, 256)


def test_a_photo_without_a_face_raises_an_error():
    with pytest.raises(NoUsableFace):
        read_subject(np.full((300, 300, 3), 120, np.uint8), 128)


def test_the_mask_contains_the_person_and_not_the_corners(scene):
    assert scene.alpha.dtype == np.float32
    assert scene.alpha.min() >= 0
    assert scene.alpha.max() <= 1
    assert scene.alpha[scene.face > 0.9].min() > 0.97
    assert scene.alpha[:25, :25].max() < 0.05
    assert scene.alpha[:25, -25:].max() < 0.05


def test_the_edge_is_soft_and_narrow(scene):
    doubtful = (scene.alpha > 0.05) & (scene.alpha < 0.95)

    assert 0.002 < doubtful.mean() < 0.06


def test_the_edge_takes_the_persons_colour_not_the_backgrounds():
    side = 400
    rows, columns = np.mgrid[0:side, 0:side]
    away = np.hypot(rows - side / 2, columns - side / 2)
    alpha = np.clip((120 - away) / 12 + 0.5, 0, 1).astype(np.float32)
    red, green = np.array([200, 30, 30]), np.array([20, 190, 20])
    image = (alpha[..., None] * red + (1 - alpha[..., None]) * green).astype(np.uint8)
    edge = (alpha > 0.15) & (alpha < 0.85)

    colours = matte._person_colours(image, alpha)

    before = np.abs(image[edge].astype(int) - red).mean()
    assert np.abs(colours[edge].astype(int) - red).mean() < before / 4


@pytest.mark.parametrize(
    "name", ["face", "skin", "eyes", "irises", "brows", "lips", "mouth", "nose", "hair", "detail"]
)
def test_a_mask_is_a_plane_of_0_to_1_and_not_empty(scene, name):
    mask = getattr(scene, name)

    assert mask.shape == (256, 256)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1.001
    assert mask.max() > 0.5


def test_the_parts_of_the_face_are_in_order(scene):
    def middle(mask):
        return float((mask.sum(1) * np.arange(256)).sum() / mask.sum())

    parts = scene.brows, scene.eyes, scene.nose, scene.lips
    heights = [middle(part) for part in parts]
    assert heights == sorted(heights)
    assert (scene.irises <= scene.eyes + 1e-3).all()
    assert (scene.lips * scene.mouth).max() < 0.6
    assert scene.skin[scene.eyes > 0.9].max() < 0.2
    assert middle(scene.hair) < middle(scene.eyes)


def test_detail_is_highest_at_the_features_and_none_behind(scene):
    assert scene.detail[scene.eyes > 0.9].min() > 0.7
    assert scene.detail[scene.eyes > 0.9].mean() > 0.85
    assert scene.detail[:20, :20].max() < 0.02
    chest = scene.detail[-10:, 110:146]
    assert 0.1 < chest.mean() < 0.3


def test_skin_is_found_on_dark_skin_too(photos):
    darker = (255 * (photos["wide"] / 255) ** 2.2).astype(np.uint8)
    scene = read_subject(darker, 256).scene(Variation(), 256)
    cheeks = regions.fill(scene.mesh, ["50 101 118 117 123", "280 330 347 346 352"], 256) > 0.9

    assert scene.skin[cheeks].mean() > 0.7
