"""Added light, and the shading of a form."""

import cv2
import numpy as np
import pytest

from likeness_model.painter.technique.light import bloom, coloured, lit, parted, scan_lines
from likeness_model.painter.technique.shade import (
    diffuse,
    face_depth,
    facing,
    normals,
    rim_light,
)

GREY = np.full((64, 64, 3), 100, np.uint8)


def test_screened_light_brightens_and_never_burns_out():
    half = np.full((64, 64, 3), 128, np.uint8)

    both = lit(GREY, half)

    assert both[0, 0, 0] == pytest.approx(255 - 155 * 127 / 255, abs=1)
    assert (lit(GREY, np.zeros_like(GREY)) == GREY).all()


def test_bloom_spreads_around_a_light_and_keeps_its_colour():
    light = np.zeros((256, 256, 3), np.uint8)
    cv2.circle(light, (128, 128), 12, (0, 200, 255), -1)

    glow = bloom(light, reach=0.05, strength=0.8)

    assert glow[128, 128, 2] > glow[128, 150, 2] > glow[128, 160, 2] > 0
    assert glow[..., 0].max() == 0


def test_scan_lines_darken_on_average_by_half_their_depth_at_every_size():
    for size in (64, 512):
        page = np.full((size, size, 3), 200, np.uint8)
        assert scan_lines(page, lines=64, depth=0.2).mean() == pytest.approx(180, abs=1.5)


def test_parting_moves_red_and_blue_apart_and_leaves_green():
    page = np.zeros((100, 100, 3), np.uint8)
    page[:, 50] = 255

    moved = parted(page, 0.05)

    assert [int(moved[50, :, channel].argmax()) for channel in range(3)] == [45, 50, 55]


def test_a_coloured_light_is_as_bright_as_its_cover():
    assert coloured(np.full((2, 2), 0.5, np.float32), (200, 100, 0))[0, 0].tolist() == [100, 50, 0]


def a_dome(size: int = 128) -> np.ndarray:
    rows, columns = np.mgrid[0:size, 0:size] - (size - 1) / 2
    return np.sqrt(np.maximum((0.4 * size) ** 2 - rows**2 - columns**2, 0)).astype(np.float32)


def test_a_dome_is_lit_on_the_side_of_the_light():
    form = normals(a_dome())

    light = diffuse(form, (-1, 0, 0.5))

    assert light[64, 30] > 2 * light[64, 98]
    np.testing.assert_allclose(form.x**2 + form.y**2 + form.z**2, 1, atol=1e-5)


def test_a_rim_shines_on_the_edge_towards_the_light_and_fades_inwards():
    inside = 40 - np.hypot(*(np.mgrid[0:128, 0:128] - 63.5)).astype(np.float32)
    disc = (inside > 0).astype(np.float32)

    rim = rim_light(inside, facing(disc, 180.0, 4.0), 4.0) * disc

    assert rim[64, 26] > 0.6
    assert rim[64, 26] > 2 * rim[64, 36]
    assert rim[64, 101] == 0


def test_depth_between_scattered_points_is_even_and_ends_at_their_outline():
    rng = np.random.default_rng(2)
    angle, radius = rng.uniform(0, 2 * np.pi, 400), 60 * np.sqrt(rng.random(400))
    points = np.stack([128 + radius * np.cos(angle), 128 + radius * np.sin(angle)], 1)
    mesh = np.hstack([points, (0.01 * radius**2)[:, None]]).astype(np.float32)  # a bowl's back

    depth = face_depth(mesh, 256, 256)

    assert depth[128, 128] > 0.8 * 36
    assert depth[20, 20] < 0.5
    ring = [depth[128 + round(30 * np.sin(t)), 128 + round(30 * np.cos(t))] for t in range(6)]
    assert np.ptp(ring) < 0.15 * np.mean(ring)
