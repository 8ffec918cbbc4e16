"""Which photos get more avatars: open eyes, a mouth at rest or laughing, a sharp frontal face."""

import pytest

from likeness.adapters.policy_files import load_photo_rules
from likeness.domain.photos.photo_choice import FLAWED, weigh, weights
from tests.builders import a_face, a_photo

RULES = load_photo_rules().choice


def weight(**fields):
    return weigh(a_face(yaw=0.0, pitch=0.0, sharpness=95.0).model_copy(update=fields), RULES)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"smile": 99.0, "mouth_open": 99.0},  # a laugh
        {"smile": 99.0, "mouth_open": 2.0},
        {"eyes_open": None, "mouth_open": None, "smile": None, "occluded": None},  # unknown
        {"sharpness": None, "yaw": None, "pitch": None},
    ],
)
def test_a_calm_or_laughing_frontal_face_has_the_full_weight(fields):
    assert weight(**fields) == 1.0


@pytest.mark.parametrize(
    "fields",
    [
        {"eyes_open": 49.0},
        {"mouth_open": 50.0},  # a grimace, a tongue
        {"mouth_open": 50.0, "smile": 49.0},
        {"mouth_open": 50.0, "smile": None},
        {"occluded": 50.0},  # accepted below 90
        {"eyes_open": 10.0, "smile": 99.0},  # laughing with closed eyes
    ],
)
def test_closed_eyes_a_grimace_or_a_covered_face_are_flaws(fields):
    assert weight(**fields) == 0.0


def test_a_turned_or_blurred_face_has_less_weight():
    assert weight(yaw=30.0) == weight(yaw=-30.0) == weight(pitch=30.0) == 0.5
    assert 0.5 < weight(yaw=15.0) < 1.0
    assert weight(sharpness=40.0) == 0.5


def test_flawed_photos_are_a_reserve_if_three_others_have_no_flaw():
    photos = [a_photo(n, weight=w) for n, w in enumerate([1.0, 0.0, 0.5, 0.8, 0.0], 1)]

    assert weights(photos) == [1.0, 0.0, 0.5, 0.8, 0.0]


def test_flawed_photos_are_needed_if_fewer_than_three_others_have_no_flaw():
    photos = [a_photo(n, weight=w) for n, w in enumerate([1.0, 0.0, 0.5], 1)]

    assert weights(photos) == [1.0, FLAWED, 0.5]


def test_a_photo_that_was_checked_before_weights_existed_has_the_full_weight():
    assert weights([a_photo(1)]) == [1.0]
