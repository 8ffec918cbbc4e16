"""Tone from marks: darker places get more graphite, lighter ones are cut wider."""

import numpy as np
import pytest

from likeness_model.painter.technique.flow import at_angle
from likeness_model.painter.technique.gouge import Gouge, cuts
from likeness_model.painter.technique.hatch import Hatching, hatch, rubbed
from likeness_model.painter.technique.stick import caught, side_strokes

SIZE = 256
WAY = Hatching(spacing=24, length=120, begins=0.2, full=1.0)
BLADE = Gouge(spacing=40, length=160, solid=0.2, clear=0.8)


def rng() -> np.random.Generator:
    return np.random.default_rng(6)


def even(value: float) -> np.ndarray:
    return np.full((SIZE, SIZE), value, np.float32)


def ramp() -> np.ndarray:
    """Dark 0 at the left edge to 1 at the right."""
    return np.tile(np.linspace(0, 1, SIZE, dtype=np.float32), (SIZE, 1))


def test_the_darker_half_gets_more_graphite():
    graphite = hatch(rng(), ramp(), at_angle(0.8, SIZE), WAY, size=SIZE)

    quarters = [graphite[:, i : i + 64].mean() for i in range(0, SIZE, 64)]
    assert quarters[0] < 0.01
    assert quarters == sorted(quarters)
    assert quarters[3] > 0.1


def test_light_paper_stays_bare():
    assert hatch(rng(), even(0.1), at_angle(0.8, SIZE), WAY, size=SIZE).max() == 0


def test_strokes_run_along_the_field():
    graphite = hatch(rng(), even(0.9), at_angle(0.0, SIZE), WAY, size=SIZE)

    assert np.abs(np.diff(graphite, axis=0)).mean() > 3 * np.abs(np.diff(graphite, axis=1)).mean()


def test_hatching_is_as_dark_in_a_larger_picture():
    small = hatch(rng(), even(0.7), at_angle(0.8, SIZE), WAY, size=256).mean()
    large = hatch(rng(), even(0.7), at_angle(0.8, SIZE), WAY, size=1024).mean()

    assert large == pytest.approx(small, rel=0.35)


def test_the_papers_tooth_matters_least_where_graphite_is_thick():
    tooth = np.random.default_rng(1).normal(0, 1, (SIZE, SIZE)).astype(np.float32)

    assert rubbed(even(0.5), tooth, 0.5).std() > 3 * rubbed(even(0.95), tooth, 0.5).std()


def test_solid_stays_solid_and_clear_is_cut_away():
    field = at_angle(0.3, SIZE)

    assert cuts(rng(), even(0.1), field, BLADE, size=SIZE).max() == 0
    assert cuts(rng(), even(0.9), field, BLADE, size=SIZE).min() == 1


def test_cuts_widen_with_the_light():
    field = at_angle(0.3, SIZE)

    shares = [cuts(rng(), even(t), field, BLADE, size=SIZE).mean() for t in (0.3, 0.5, 0.7)]

    assert shares == sorted(shares)
    assert shares[0] < 0.8 * shares[2]


def test_a_dry_stick_gives_about_the_requested_tone():
    tooth = np.random.default_rng(1).normal(0, 1, (SIZE, SIZE)).astype(np.float32)

    tones = [caught(even(t), tooth).mean() for t in (0.0, 0.3, 0.6, 1.0)]

    assert tones == sorted(tones)
    assert tones[0] == 0
    assert tones[3] == pytest.approx(1)
    assert caught(even(0.5), tooth).std() > 0.1


def test_the_side_of_the_stick_skips_what_is_too_light():
    tone, cover = side_strokes(
        rng(), ramp(), at_angle(1.57, SIZE), size=SIZE, width=60, length=200, least=0.5
    )

    assert cover[:, :90].max() == 0
    assert cover[:, 160:].mean() > 0.4
    assert tone.min() >= 0
    assert tone.max() <= 1
