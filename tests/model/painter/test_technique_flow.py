"""Orientation fields: along edges, around forms, and smears along them."""

import numpy as np
import pytest

from likeness_model.painter.technique.flow import (
    along_edges,
    around_form,
    at_angle,
    settled,
    smear,
    tangents,
)


def stripes(angle: float, size: int = 96) -> np.ndarray:
    """Soft stripes that run at `angle` from the x axis."""
    y, x = np.mgrid[0:size, 0:size]
    across = y * np.cos(angle) - x * np.sin(angle)
    tone = (127 + 100 * np.sin(across / 3)).astype(np.uint8)
    return np.dstack([tone] * 3)


def off_by(field: np.ndarray, angle: float) -> np.ndarray:
    """How far the field's directions are from `angle`, in radians; a direction has no sign."""
    vectors = tangents(field)
    turned = np.arctan2(vectors[..., 1], vectors[..., 0]) - angle
    return np.abs((turned + np.pi / 2) % np.pi - np.pi / 2)


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.6])
def test_the_field_runs_along_the_stripes(angle):
    field = along_edges(stripes(angle), sigma=3)

    assert off_by(field, angle)[10:-10, 10:-10].max() < 0.1


def test_a_flat_picture_has_no_reliable_direction():
    flat = np.full((64, 64, 3), 120, np.uint8)

    assert np.abs(along_edges(flat, sigma=3)).max() < 1e-3


def test_unreliable_directions_follow_their_reliable_neighbours():
    field = at_angle(0.7, 64)
    field[20:44, 20:44] = 0

    assert off_by(settled(field, sigma=6), 0.7).max() < 0.05


def test_opposite_directions_do_not_cancel():
    mixed = (at_angle(0.3, 32) + at_angle(0.3 + np.pi, 32)) / 2

    assert off_by(mixed, 0.3).max() < 1e-3


def test_lines_are_straight_on_a_flat_relief_and_bend_over_a_dome():
    y, x = np.mgrid[0:128, 0:128].astype(np.float32)
    dome = 40 * np.exp(-((x - 64) ** 2 + (y - 64) ** 2) / 800).astype(np.float32)

    flat = around_form(np.zeros((128, 128), np.float32), angle=0.2, wrap=0.9)
    bent = around_form(dome, angle=0.2, wrap=0.9)

    assert off_by(flat, 0.2).max() < 1e-3
    assert off_by(bent, 0.2).max() > 0.3
    assert off_by(bent, 0.2)[0, 0] < 0.01


def test_a_smear_blurs_along_the_field_and_not_across_it():
    dot = np.zeros((65, 65), np.float32)
    dot[32, 32] = 1

    drawn = smear(dot, at_angle(0.0, 65), reach=8)

    assert drawn[32].sum() == pytest.approx(1, abs=1e-3)
    assert (drawn[32] > 0.01).sum() > 12
    assert drawn[[30, 34]].max() < 1e-6


def test_a_smear_keeps_the_pictures_type():
    picture = stripes(0.5)

    assert smear(picture, at_angle(0.5, 96), reach=4).dtype == np.uint8
