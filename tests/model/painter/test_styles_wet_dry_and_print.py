"""Watercolour, oil, pencil, charcoal, woodblock and linocut on a real portrait."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness_model.generation.variation import Variation
from likeness_model.painter.styles import STYLES as PAINTERS
from likeness_model.painter.styles.print.ukiyo import seal
from likeness_model.painter.subject import read_subject

PHOTO = Path(__file__).parents[3] / "demo/photos/03-wide-warm.jpg"
STYLES = ("watercolour", "oil", "pencil", "charcoal", "woodblock", "linocut")
NATURAL = ("watercolour", "oil", "woodblock")


@pytest.fixture(scope="module")
def subject():
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    return read_subject(photo, 512)


@pytest.fixture(scope="module")
def scene(subject):
    return subject.scene(Variation(), 256)


def variation(variant: int) -> Variation:
    return Variation(variant=variant, rng_seed=70 + variant, palette=variant, background=variant)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).astype(float)


def face_lightness(picture: np.ndarray, scene) -> float:
    """Median CIE L* (0..100) over the flat parts of the face."""
    skin = (scene.skin * scene.face > 0.8) & (scene.detail < 0.8)
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
    return float(np.median(lab[..., 0][skin])) * 100 / 255


@pytest.mark.parametrize("name", STYLES)
def test_the_same_variation_gives_the_same_bytes_and_an_unchanged_scene(name, scene):
    before = [scene.foreground.copy(), scene.alpha.copy(), scene.mesh.copy()]

    first, again = (PAINTERS[name](scene, variation(1)) for _ in range(2))

    assert first.shape == (256, 256, 3)
    assert first.tobytes() == again.tobytes()
    after = [scene.foreground, scene.alpha, scene.mesh]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", STYLES)
def test_the_first_five_variations_differ_clearly(name, scene):
    variations = [thumbnail(PAINTERS[name](scene, variation(variant))) for variant in range(5)]

    assert min(np.abs(a - b).mean() for a, b in combinations(variations, 2)) > 6


@pytest.mark.parametrize("name", STYLES)
def test_the_picture_is_the_same_at_twice_the_size(name, subject):
    small, large = (
        PAINTERS[name](subject.scene(Variation(), side), variation(0)) for side in (256, 512)
    )

    assert np.abs(thumbnail(small) - thumbnail(large)).mean() < 9


@pytest.mark.parametrize("name", NATURAL)
@pytest.mark.parametrize("darker", [1.0, 0.45])
def test_natural_skin_keeps_its_lightness_on_pale_and_on_dark_skin(name, darker, scene):
    toned = replace(scene, foreground=cv2.convertScaleAbs(scene.foreground, alpha=darker))

    painted = PAINTERS[name](toned, variation(0))

    kept = face_lightness(painted, toned)
    assert kept == pytest.approx(face_lightness(toned.foreground, toned), abs=6)


@pytest.mark.parametrize("name", ["pencil", "charcoal", "linocut"])
def test_a_darker_face_is_drawn_darker(name, scene):
    dark = replace(scene, foreground=cv2.convertScaleAbs(scene.foreground, alpha=0.5))

    pale_drawn, dark_drawn = (PAINTERS[name](each, variation(0)) for each in (scene, dark))

    assert face_lightness(dark_drawn, dark) <= face_lightness(pale_drawn, scene)


@pytest.mark.parametrize("name", ["watercolour", "oil", "woodblock"])
def test_a_milder_variation_brings_the_face_closer_to_the_photo(name, scene):
    def away(mildness: float) -> float:
        painted = PAINTERS[name](scene, replace(variation(0), mildness=mildness)).astype(float)
        face = scene.face > 0.8
        return float(np.abs(painted - scene.foreground)[face].mean())

    assert away(1.0) < away(0.0)


@pytest.mark.parametrize("size", [64, 65, 129, 2048])
def test_the_seal_is_on_a_print_of_any_ordered_size(size):
    for seed in range(2):  # left and right
        mark, place = seal(np.random.default_rng(seed), size)

        assert np.empty((size, size))[place].shape == mark.shape
