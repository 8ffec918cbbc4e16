"""Pigment: density, dark rims, and drops beside the sitter."""

import numpy as np
import pytest

from likeness_model.painter.technique.pigment import bloom, splatter, torn, wet_edge, with_density


def wash(value: float) -> np.ndarray:
    return np.full((8, 8, 3), value, np.float32)


def test_a_density_of_one_leaves_the_colour():
    colour = with_density(wash(0.6), np.ones((8, 8), np.float32))

    assert colour == pytest.approx(wash(0.6))


@pytest.mark.parametrize("bare", [0.0, 1.0])
def test_white_and_black_paper_do_not_change(bare):
    colour = with_density(wash(bare), np.full((8, 8), 2, np.float32))

    assert colour == pytest.approx(wash(bare))


def test_more_pigment_is_darker():
    thin, thick = (
        with_density(wash(0.6), np.full((8, 8), d, np.float32)).mean() for d in (0.5, 1.5)
    )

    assert thick < 0.6 < thin


def test_a_wash_dries_darkest_just_inside_its_rim():
    cover = np.zeros((64, 64), np.float32)
    cover[16:48, 16:48] = 1

    rim = wet_edge(cover, 3)

    assert rim[32, 17] > 0.3
    assert rim[32, 32] < 0.01
    assert rim[32, 10] == 0


def test_a_torn_edge_wanders_but_the_middle_stays():
    mask = np.zeros((128, 128), np.float32)
    mask[32:96, 32:96] = 1

    moved = torn(mask, np.random.default_rng(2), reach=4)

    assert moved[64, 64] == 1
    assert moved[8, 8] == 0
    assert not np.array_equal(moved, mask)


def test_a_bloom_is_pale_inside_and_dark_at_its_rim():
    backrun = bloom(np.random.default_rng(5), 256, count=1)

    assert backrun.min() < -0.4
    assert backrun.max() > 0.3


def test_drops_fall_on_free_places_only():
    free = np.ones((64, 64), np.float32)
    free[:, :32] = 0

    drops = splatter(np.random.default_rng(1), 256, 200, free=free)

    assert drops[:, :100].max() == 0
    assert drops[:, 160:].max() > 0.9
