"""Requirements of every style: shape, determinism, different variations, all its files."""

import numpy as np
import pytest

from likeness_model.generation.near_duplicates import (
    NEAR_DUPLICATE_BELOW,
    fingerprint,
    picture_distance,
)
from likeness_model.generation.variation import milder, variation_for
from likeness_model.painter.styles import STYLES


@pytest.fixture(scope="module")
def painted(subject):
    """Paints at 256 px, each style and variation once per module."""
    done = {}

    def paint(style_id, variant):
        if (style_id, variant) not in done:
            variation = variation_for(style_id, seed=variant, variant=variant)
            done[style_id, variant] = (
                STYLES[style_id](subject.scene(variation, 256), variation),
                variation,
            )
        return done[style_id, variant]

    return paint


@pytest.mark.parametrize("style_id", STYLES)
def test_a_style_paints_a_picture_that_is_not_the_photo(painted, scene, style_id):
    picture, variation = painted(style_id, 0)

    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 12
    photo = fingerprint(scene.foreground, variation)
    assert picture_distance(photo, fingerprint(picture, variation)) > NEAR_DUPLICATE_BELOW


@pytest.mark.parametrize("style_id", STYLES)
def test_the_same_scene_and_variation_give_the_same_bytes(painted, subject, style_id):
    first, variation = painted(style_id, 0)

    again = STYLES[style_id](subject.scene(variation, 256), variation)

    assert np.array_equal(first, again)


@pytest.mark.parametrize("style_id", STYLES)
def test_two_variations_are_not_near_duplicates(painted, style_id):
    prints = [fingerprint(*painted(style_id, variant)) for variant in (0, 1)]

    assert picture_distance(*prints) > NEAR_DUPLICATE_BELOW


@pytest.mark.parametrize("style_id", STYLES)
def test_a_style_does_not_change_the_scene(painted, subject, style_id):
    _, variation = painted(style_id, 0)
    scene = subject.scene(variation, 128)
    before = scene.foreground.copy(), scene.alpha.copy(), scene.mesh.copy()

    STYLES[style_id](scene, variation)

    for old, new in zip(before, (scene.foreground, scene.alpha, scene.mesh), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize("style_id", STYLES)
def test_a_milder_variation_is_another_picture_of_the_same_shape(painted, subject, style_id):
    strong, variation = painted(style_id, 0)
    mild = milder(milder(variation))

    picture = STYLES[style_id](subject.scene(mild, 256), mild)

    assert picture.shape == strong.shape
    assert not np.array_equal(picture, strong)


def test_there_are_sixteen_styles_and_no_near_duplicates(painted):
    prints = {style_id: fingerprint(*painted(style_id, 0)) for style_id in STYLES}
    alike = [
        (one, other)
        for one in prints
        for other in prints
        if one < other and picture_distance(prints[one], prints[other]) < NEAR_DUPLICATE_BELOW
    ]

    assert len(STYLES) >= 16
    assert alike == []
