"""Flat tones: steps, gradient maps and chroma."""

import numpy as np
import pytest

from likeness_model.painter.technique.tone import flattened, gradient_map, saturated, stepped


def test_steps_are_flat_between_their_edges():
    ramp = np.tile(np.linspace(0, 1, 1001, dtype=np.float32), (3, 1))

    flat = stepped(ramp, edges=(0.3, 0.7), values=(0.1, 0.5, 1.0), soft=0.02)

    assert set(np.unique(np.round(flat[:, [0, 280, 320, 680, 720, 1000]], 5))) == {
        np.float32(0.1),
        np.float32(0.5),
        np.float32(1.0),
    }
    assert flat[0, 300] == pytest.approx(0.3, abs=1e-3)


def test_a_gradient_map_hits_its_stops():
    tone = np.array([[0.0, 0.5, 1.0]], np.float32)

    colours = gradient_map(tone, [(0.0, (0, 0, 0)), (0.5, (200, 100, 0)), (1.0, (255, 255, 255))])

    np.testing.assert_allclose(colours[0], [(0, 0, 0), (200, 100, 0), (255, 255, 255)], atol=2)


def test_saturating_grey_leaves_it_grey_and_keeps_the_lightness_of_a_colour():
    nowhere = np.zeros((4, 4), np.float32)
    grey = np.full((4, 4, 3), 130, np.uint8)
    brown = np.full((4, 4, 3), (120, 80, 60), np.uint8)

    assert np.ptp(saturated(grey, 1.6, nowhere)[0, 0]) <= 1
    vivid = saturated(brown, 1.4, nowhere)[0, 0].astype(float)
    assert vivid[0] > 120
    assert vivid @ (0.299, 0.587, 0.114) == pytest.approx(89.4, abs=4)
    np.testing.assert_array_equal(saturated(brown, 1.4, nowhere + 1), brown)


def test_flattening_removes_texture_and_keeps_an_edge():
    rng = np.random.default_rng(5)
    picture = np.full((128, 128, 3), 80, np.float32)
    picture[:, 64:] = 180
    noisy = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)

    flat = flattened(noisy, side=128, passes=3, range_sigma=40)

    assert flat[20:100, 10:50].std() < 0.4 * noisy[20:100, 10:50].std()
    assert flat[:, 67].mean() - flat[:, 60].mean() > 90
