"""Noise and papers: seeded, independent of the size, of the documented strength."""

import cv2
import numpy as np
import pytest

from likeness_model.painter.technique import paper
from likeness_model.painter.technique.noise import speckle, value_noise, warp


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("make", [lambda r, s: value_noise(r, s, 6, octaves=3), speckle])
def test_the_same_seed_gives_the_same_noise(make):
    assert np.array_equal(make(rng(), 128), make(rng(), 128))
    assert not np.array_equal(make(rng(), 128), make(rng(4), 128))


def test_a_larger_picture_has_the_same_bumps():
    small = value_noise(rng(), 128, 6, octaves=2)
    large = value_noise(rng(), 512, 6, octaves=2)

    shrunk = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert likeness(small, shrunk) > 0.98


def test_stretched_noise_is_wider_than_high():
    noise = value_noise(rng(), 256, 40, stretch=6)

    assert np.abs(np.diff(noise, axis=0)).mean() > 3 * np.abs(np.diff(noise, axis=1)).mean()


def test_a_warp_reads_at_the_given_distance():
    ramp = np.tile(np.arange(32, dtype=np.float32), (32, 1))
    three = np.full((32, 32), 3, np.float32)

    assert warp(ramp, three, np.zeros_like(three))[10, 10] == pytest.approx(13)


@pytest.mark.parametrize(
    "make", [paper.cold_press, paper.tooth, paper.laid, paper.weave, paper.wood]
)
@pytest.mark.parametrize("size", [256, 700])
def test_every_relief_has_mean_0_and_deviation_1(make, size):
    relief = make(rng(), size)

    assert relief.shape == (size, size)
    assert relief.mean() == pytest.approx(0, abs=1e-3)
    assert relief.std() == pytest.approx(1, abs=1e-2)


def test_fibres_lie_on_a_small_part_of_the_sheet():
    sheet = paper.fibres(rng(), 512)

    assert 0.005 < (sheet > 0.2).mean() < 0.2
    assert sheet.max() <= 1


def test_light_on_a_flat_sheet_changes_nothing():
    assert np.array_equal(paper.shaded(np.zeros((64, 64), np.float32), 0.5), np.ones((64, 64)))
