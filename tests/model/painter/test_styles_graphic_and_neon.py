"""Comic, pop art, cartoon, cyberpunk and vaporwave on a real portrait."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness_model.generation.variation import Variation
from likeness_model.painter.styles import STYLES as PAINTERS
from likeness_model.painter.subject import read_subject

PHOTO = Path(__file__).parents[3] / "demo/photos/03-wide-warm.jpg"
STYLES = ("comic", "pop-art", "cartoon", "cyberpunk", "vaporwave")
NATURAL = ("comic", "cartoon")


@pytest.fixture(scope="module")
def subject():
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    return read_subject(photo, 512)


@pytest.fixture(scope="module")
def scene(subject):
    return subject.scene(Variation(), 256)


def variation(variant: int) -> Variation:
    return Variation(variant=variant, rng_seed=40 + variant, palette=variant, background=variant)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).astype(float)


@pytest.mark.parametrize("name", STYLES)
def test_the_same_variation_gives_the_same_bytes_and_an_unchanged_scene(name, scene):
    before = [scene.foreground.copy(), scene.alpha.copy(), scene.mesh.copy()]

    first, again = (PAINTERS[name](scene, variation(1)) for _ in range(2))

    assert first.shape == (256, 256, 3)
    assert first.tobytes() == again.tobytes()
    after = [scene.foreground, scene.alpha, scene.mesh]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", STYLES)
def test_the_first_six_variations_differ_clearly(name, scene):
    variations = [thumbnail(PAINTERS[name](scene, variation(variant))) for variant in range(6)]

    assert min(np.abs(a - b).mean() for a, b in combinations(variations, 2)) > 15


@pytest.mark.parametrize("name", STYLES)
def test_the_picture_is_the_same_at_twice_the_size(name, subject):
    small, large = (
        PAINTERS[name](subject.scene(Variation(), side), variation(0)) for side in (256, 512)
    )

    assert np.abs(thumbnail(small) - thumbnail(large)).mean() < 6


@pytest.mark.parametrize("name", NATURAL)
@pytest.mark.parametrize("darker", [1.0, 0.45])
def test_natural_skin_keeps_its_lightness_on_pale_and_on_dark_skin(name, darker, scene):
    toned = replace(scene, foreground=cv2.convertScaleAbs(scene.foreground, alpha=darker))
    skin = (toned.skin * toned.face > 0.8) & (toned.detail < 0.8)

    painted = PAINTERS[name](toned, variation(0))

    lightness = [
        float(np.median(cv2.cvtColor(x, cv2.COLOR_RGB2Lab)[..., 0][skin])) * 100 / 255
        for x in (toned.foreground, painted)
    ]
    assert lightness[1] == pytest.approx(lightness[0], abs=6)


@pytest.mark.parametrize("name", STYLES)
def test_a_milder_variation_is_not_further_from_the_photo(name, scene):
    face = scene.face > 0.9
    tone = cv2.cvtColor(scene.foreground, cv2.COLOR_RGB2GRAY)[face].astype(float)

    def likeness(mildness: float) -> float:
        picture = PAINTERS[name](scene, replace(variation(0), mildness=mildness))
        return float(np.corrcoef(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[face], tone)[0, 1])

    assert likeness(1.0) >= likeness(0.0) - 0.01
