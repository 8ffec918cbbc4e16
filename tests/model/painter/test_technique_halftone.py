"""The inked area of a halftone equals the tone at every size."""

import numpy as np
import pytest

from likeness_model.painter.technique.halftone import halftone


@pytest.mark.parametrize("angle", [0, 15, 45, 75])
@pytest.mark.parametrize("cover", [0.05, 0.3, 0.5, 0.8, 0.95])
def test_the_inked_area_equals_the_tone(angle, cover):
    tone = np.full((600, 600), cover, np.float32)

    ink = halftone(tone, pitch=1 / 40, angle=angle)

    assert ink.mean() == pytest.approx(cover, abs=0.02)


@pytest.mark.parametrize("cover", [0.0, 1.0])
def test_bare_paper_stays_bare_and_full_ink_is_full(cover):
    tone = np.full((300, 300), cover, np.float32)

    ink = halftone(tone, pitch=1 / 30, angle=20)

    assert ink.min() == ink.max() == cover


@pytest.mark.parametrize("size", [256, 1024])
def test_the_dots_lie_at_the_same_places_at_every_size(size):
    reference = halftone(np.full((512, 512), 0.4, np.float32), pitch=1 / 32, angle=30)
    other = halftone(np.full((size, size), 0.4, np.float32), pitch=1 / 32, angle=30)

    block = size // 128
    coarse = other.reshape(128, block, 128, block).mean((1, 3))

    assert np.abs(coarse - reference.reshape(128, 4, 128, 4).mean((1, 3))).mean() < 0.03
