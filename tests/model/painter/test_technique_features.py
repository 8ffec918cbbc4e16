"""Eyes and teeth: brighter where they are white, untouched elsewhere."""

import cv2
import numpy as np
import pytest

from likeness_model.painter.technique.features import (
    bright_eyes,
    bright_teeth,
    catchlights,
    iris_centres,
    larger_eyes,
)


def an_eye() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture with one eye, the eye's mask and the iris's."""
    picture = np.full((100, 100, 3), (170, 120, 95), np.uint8)
    eye, iris = np.zeros((2, 100, 100), np.float32)
    cv2.ellipse(eye, (50, 50), (24, 12), 0, 0, 360, 1.0, -1)
    cv2.circle(iris, (50, 50), 9, 1.0, -1)
    picture[eye > 0] = (190, 180, 175)
    picture[iris > 0] = (60, 40, 30)
    return picture, eye, iris


def test_the_white_of_the_eye_is_lifted_and_the_iris_and_skin_are_not():
    picture, eye, iris = an_eye()

    bright = bright_eyes(picture, eye, iris, amount=0.5)

    assert bright[50, 30].min() > picture[50, 30].min() + 20
    assert (bright[50, 50] == picture[50, 50]).all()
    assert (bright[10, 10] == picture[10, 10]).all()


def test_a_mouth_without_teeth_stays_as_it_is():
    dark = np.full((50, 50, 3), (60, 20, 25), np.uint8)
    mouth = np.zeros((50, 50), np.float32)

    assert (bright_teeth(dark, mouth) == dark).all()


def test_an_eye_is_magnified_about_its_centre_and_the_face_around_is_untouched():
    picture, _, iris = an_eye()

    large = larger_eyes(picture, np.array([[50, 50]], np.float32), 40.0, 0.2)

    assert (large[:, :, 0] < 100).sum() == pytest.approx((iris > 0).sum() * 1.44, rel=0.15)
    assert (large[:8] == picture[:8]).all()


def test_irises_are_found_from_left_to_right_and_get_a_glint():
    irises = np.zeros((100, 200), np.float32)
    for x in (150, 50):
        cv2.circle(irises, (x, 50), 10, 1.0, -1)

    centres, radius = iris_centres(irises)
    glint = catchlights(np.zeros((100, 200, 3), np.uint8), centres, radius, side=-1)

    np.testing.assert_allclose(centres, [(50, 50), (150, 50)], atol=0.5)
    assert radius == pytest.approx(10.5)
    assert glint[46, 46].min() == 255
    assert glint[50, 100].max() == 0


def test_without_irises_nothing_changes():
    centres, radius = iris_centres(np.zeros((20, 20), np.float32))

    assert len(centres) == radius == 0
