"""Bristle strokes bring the canvas closer to the picture and leave relief."""

import numpy as np
import pytest

from likeness_model.painter.technique.brush import Brush, Canvas, brush_prints, lit, paint
from likeness_model.painter.technique.flow import at_angle

SIZE = 192
EVERYWHERE = (slice(0, SIZE), slice(0, SIZE))
BRUSH = Brush(width=60, length=200, density=3, jitter=2)


def blank() -> Canvas:
    return Canvas(np.full((SIZE, SIZE, 3), 128, np.float32), np.zeros((SIZE, SIZE), np.float32))


def two_colours() -> np.ndarray:
    target = np.full((SIZE, SIZE, 3), (200, 60, 40), np.float32)
    target[:, SIZE // 2 :] = (30, 80, 190)
    return target


def painted(chance: np.ndarray, window: tuple[slice, slice] = EVERYWHERE) -> Canvas:
    rng = np.random.default_rng(8)
    canvas, prints = blank(), brush_prints(rng)
    paint(
        canvas,
        two_colours(),
        at_angle(1.57, SIZE),
        brush=BRUSH,
        prints=prints,
        rng=rng,
        chance=chance,
        window=window,
    )
    return canvas


def test_a_layer_brings_the_canvas_close_to_the_picture():
    canvas = painted(np.ones((SIZE, SIZE), np.float32))

    off = np.abs(canvas.colour - two_colours()).mean(2)
    assert np.median(off) < 12
    assert canvas.height.max() > 10


def test_no_stroke_carries_one_colour_into_the_other():
    canvas = painted(np.ones((SIZE, SIZE), np.float32))

    red = canvas.colour[:, : SIZE // 2 - 24]
    assert (red[..., 2] > red[..., 0] + 20).mean() < 0.01


def test_a_layer_without_any_stroke_leaves_the_canvas():
    canvas = painted(np.zeros((SIZE, SIZE), np.float32))

    assert np.array_equal(canvas.colour, blank().colour)
    assert not canvas.height.any()


def test_paint_goes_only_where_it_is_wanted():
    chance = np.zeros((SIZE, SIZE), np.float32)
    chance[:, 130:] = 1

    canvas = painted(chance)

    assert canvas.colour[:, :90] == pytest.approx(128, abs=0.01)
    assert np.ptp(canvas.colour[:, 150:]) > 50


def test_a_window_does_not_change_the_rest_of_the_canvas():
    window = (slice(0, 96), slice(0, SIZE))

    canvas = painted(np.ones((SIZE, SIZE), np.float32), window)

    assert canvas.colour[96:] == pytest.approx(128, abs=0.01)


def test_flat_paint_is_lit_evenly_and_a_ridge_is_not():
    flat, ridged = blank(), blank()
    ridged.height[90:100] = 40

    assert np.ptp(lit(flat, 1.0)) == 0
    assert np.ptp(lit(ridged, 1.0)[..., 0]) > 10
