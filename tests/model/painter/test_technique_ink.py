"""Ink lines follow edges, ignore specks and draw the same at every size."""

import cv2
import numpy as np
import pytest

from likeness_model.painter.technique.ink import ink_lines, without_specks


def a_disc(size: int, *, inside: int = 220, outside: int = 110) -> np.ndarray:
    picture = np.full((size, size, 3), outside, np.uint8)
    cv2.circle(picture, (size // 2,) * 2, int(size * 0.3), (inside,) * 3, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), size / 300)


def test_an_edge_is_inked_and_flat_paper_is_not():
    ink = ink_lines(a_disc(640), size=640)

    assert ink[320, 320] == ink[20, 20] == 0
    assert ink[320, 100:150].max() == 1
    assert 0.003 < ink.mean() < 0.1


def test_evenness_decides_whether_a_shadow_fills_with_ink_or_only_gets_its_outline():
    dark = a_disc(640, inside=160, outside=60)

    filled = ink_lines(dark, size=640, level=0.3, evenness=0.0)
    outlined = ink_lines(dark, size=640, level=0.3, evenness=1.0)

    assert filled[20, 20] == 1
    assert outlined[20, 20] == outlined[320, 320] == 0
    assert outlined[320, 100:150].max() > 0.9


def test_a_speck_is_not_inked():
    picture = np.full((640, 640, 3), 180, np.uint8)
    picture[100:108, 100:108] = 20

    assert ink_lines(picture, size=640, smallest=0).max() == 1
    assert ink_lines(picture, size=640, smallest=200).max() == 0


@pytest.mark.parametrize("size", [256, 1024])
def test_the_drawing_does_not_depend_on_the_size(size):
    reference = cv2.resize(ink_lines(a_disc(640), size=640), (256, 256), None, 0, 0, cv2.INTER_AREA)

    other = ink_lines(a_disc(size), size=size)
    other = cv2.resize(other, (256, 256), interpolation=cv2.INTER_AREA)

    assert np.abs(other - reference).mean() < 0.02


def test_the_same_picture_gives_the_same_bytes():
    assert ink_lines(a_disc(320), size=320).tobytes() == ink_lines(a_disc(320), size=320).tobytes()


def test_a_smudge_that_nowhere_reaches_full_ink_is_lifted_and_a_stroke_with_a_faint_end_is_not():
    response = np.full((60, 60), 0.3, np.float32)
    response[10:20, 5:55] = 0.0  # faint all along
    response[40, 5:30], response[40, 30:55] = -0.5, 0.02

    kept = without_specks(response, 0.04, 20)

    assert kept[10:20].min() > 0.04
    assert (kept[40] == response[40]).all()
