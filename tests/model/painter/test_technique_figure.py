"""The cut-out figure: its edge, and its colours without a rim."""

import cv2
import numpy as np
import pytest

from likeness_model.painter.technique.figure import cut_out, signed_distance, spread_out


def a_disc(size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.float32)
    cv2.circle(mask, (size // 2,) * 2, int(size * 0.3), 1.0, -1, cv2.LINE_AA)
    return mask


@pytest.mark.parametrize("size", [256, 1024])
def test_the_distance_is_that_to_the_circle(size):
    rows, columns = np.mgrid[0:size, 0:size] - size / 2
    truth = size * 0.3 - np.hypot(rows, columns)

    found = signed_distance(a_disc(size))

    assert np.abs(found - truth)[np.abs(truth) < 0.1 * size].max() < 0.008 * size


def test_cutting_keeps_the_shape_and_removes_a_loose_hair():
    disc = a_disc(512)
    hairy = disc.copy()
    hairy[20:120, 255:257] = 0.9

    cut = cut_out(hairy)

    assert cut[30:90].max() == 0
    assert cut.sum() == pytest.approx(disc.sum(), rel=0.01)


def test_no_background_colour_is_left_around_the_figure():
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[..., 1] = 255
    disc = a_disc(256)
    picture[disc > 0] = (200, 40, 90)

    around = spread_out(picture, disc)

    assert np.abs(around.astype(int) - (200, 40, 90)).max() <= 2
