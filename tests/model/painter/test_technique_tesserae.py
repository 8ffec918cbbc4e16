import cv2
import numpy as np
import pytest

from likeness_model.painter.technique.tesserae import (
    Stones,
    bevelled,
    cut,
    lay_rows,
    mean_colours,
    settled,
)

SIZE = 200


@pytest.fixture
def circle_rows() -> Stones:
    lines = np.zeros((SIZE, SIZE), np.uint8)
    cv2.circle(lines, (100, 100), 60, 255, 1)
    return lay_rows(lines, np.full((SIZE, SIZE), 10, np.float32), np.random.default_rng(1))


def test_rows_lie_half_a_stone_and_then_whole_stones_beside_the_line(circle_rows):
    radius = np.hypot(*(circle_rows.centre - 100).T)
    near = np.abs(radius - 60)[np.abs(radius - 60) < 9]

    assert len(near) > 50
    np.testing.assert_allclose(near, 4.6, atol=1.6)


def test_stones_are_turned_along_their_row(circle_rows):
    spoke = circle_rows.centre - 100
    radius = np.hypot(*spoke.T)
    beside = np.abs(radius - 60) < 9
    off_tangent = np.abs((spoke * circle_rows.along).sum(1) / radius)[beside]

    assert np.median(off_tangent) < 0.1


def test_two_stones_share_a_straight_seam_midway():
    along = np.array([[1, 0], [1, 0]], np.float32)
    stones = Stones(np.array([[40, 50], [50, 50]], np.float32), along, np.full(2, 10, np.float32))

    laid = cut(stones, 100)

    assert (laid.label[46:54, 40:45] == 0).all()
    assert (laid.label[46:54, 46:50] == 1).all()
    assert laid.label[50, 80] == -1
    assert laid.inside[50, 45] < 0.6
    assert laid.inside[50, 41] > 2


def test_settling_covers_nearly_all_ground_and_is_deterministic(circle_rows):
    first, again = settled(circle_rows, SIZE), settled(circle_rows, SIZE)

    bare = cut(first, SIZE).label < 0
    assert bare.mean() < 0.06
    np.testing.assert_array_equal(first.centre, again.centre)


def test_more_stones_than_labels_raise_an_error():
    many = 2**16
    stones = Stones(np.zeros((many, 2), "f4"), np.zeros((many, 2), "f4"), np.ones(many, "f4"))

    with pytest.raises(ValueError, match="65535"):
        cut(stones, 64)


def test_a_stone_takes_the_mean_of_its_own_pixels():
    label = np.array([[0, 0, 1], [0, -1, 1]], np.int32)
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0], picture[1, 1], picture[:, 2] = 90, 255, 200

    np.testing.assert_allclose(mean_colours(picture, label), [[30, 30, 30], [200, 200, 200]])


def test_bevels_are_bright_towards_the_light_and_dark_away_from_it():
    across = np.arange(40, dtype=np.float32)
    inside = np.minimum(across, 39 - across)[None].repeat(40, 0)

    light = bevelled(inside, 5.0)

    assert light[20, 3] > 0.3
    assert light[20, 36] < -0.3
    assert abs(light[20, 20]) < 1e-6
