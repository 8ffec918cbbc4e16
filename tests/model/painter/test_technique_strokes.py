"""Strokes: spread evenly, traced along a field, clipped, and laid over each other."""

import numpy as np
import pytest

from likeness_model.painter.technique.flow import at_angle
from likeness_model.painter.technique.strokes import (
    lay,
    outlines,
    pen,
    sample,
    scatter,
    trace,
    until,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def test_scattered_points_cover_the_picture_evenly():
    points = scatter(rng(), 100, spacing=10)

    cells = (points // 10).astype(int)
    assert len(points) == 100
    assert len(np.unique(cells, axis=0)) == 100


def test_a_sample_may_be_read_from_a_smaller_grid():
    ramp = np.tile(np.arange(10, dtype=np.float32), (10, 1))

    assert sample(ramp, np.array([[95.0, 5.0]], np.float32), 100) == pytest.approx(9)


def test_a_stroke_follows_the_field_both_ways_from_its_seed():
    seeds = np.array([[50.0, 50.0]], np.float32)

    path = trace(at_angle(0.5, 20), seeds, size=100, step=4.0, count=3)[0]

    steps = np.diff(path, axis=0)
    assert path[3] == pytest.approx([50, 50])
    assert np.hypot(*steps.T) == pytest.approx(np.full(6, 4.0), abs=1e-3)
    assert np.abs(steps[:, 1] / steps[:, 0] - np.tan(0.5)).max() < 1e-3


def test_a_stroke_ends_where_it_may_not_go_on():
    path = np.array([[[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]], np.float32)
    go_on = np.array([[True, False, True, True, False]])

    cut = until(path, go_on)[0]

    assert cut[:, 0].tolist() == [2, 2, 2, 3, 3]


def test_an_outline_lies_half_a_width_to_both_sides():
    path = np.array([[[0, 5], [5, 5], [10, 5]]], np.float32)

    outline = outlines(path, np.full((1, 3), 2, np.float32))[0]

    assert sorted(set(outline[:, 1].round(3).tolist())) == [3, 7]


def test_pen_lines_do_not_add_up_where_they_cross():
    cross = np.array([[[10, 32], [54, 32]], [[32, 10], [32, 54]]], np.float32)

    cover = pen(cross, 64, thickness=3)

    assert cover[32, 32] == cover[32, 20] == 255
    assert cover[5, 5] == 0


def test_the_later_stroke_lies_on_top_and_every_pixel_knows_its_place():
    paths = np.array([[[10, 32], [32, 32], [54, 32]], [[32, 10], [32, 32], [32, 54]]], np.float32)

    (laid,) = lay(paths, np.array([5, 5], np.float32), (64, 64))

    assert laid.stroke[32, 32] == 1
    assert laid.covered[32, 15]
    assert not laid.covered[5, 5]
    assert laid.along[32, 50] == pytest.approx(0.84, abs=0.03)
    assert abs(laid.across[32, 20]) < 0.15
    assert abs(laid.across[35, 20]) == pytest.approx(0.7, abs=0.1)


def test_a_bent_stroke_keeps_its_middle_line_at_zero():
    x = np.linspace(10, 54, 7, dtype=np.float32)
    y = 26 + 5 * (1 - ((x - 32) / 22) ** 2)
    path = np.stack([x, y], 1)[None].astype(np.float32)

    (laid,) = lay(path, np.array([8], np.float32), (64, 64))

    on_line = [laid.across[round(float(b)), round(float(a))] for a, b in zip(x, y, strict=True)]
    assert np.abs(on_line).max() < 0.15
