"""One clear face: which photos are usable, and the reason otherwise."""

import pytest
from pydantic import ValidationError

from likeness.adapters.policy_files import load_photo_rules
from likeness.domain.photos.photo import Box, same_face
from likeness.domain.photos.photo_check import PhotoRules, check_faces, possible_faces
from likeness.domain.photos.photo_choice import ChoiceRules
from likeness.domain.reasons import Reason
from tests.builders import a_face

RULES = PhotoRules(
    face_confidence=80,
    possible_face=50,
    face_margin=0.02,
    second_face_share=0.1,
    min_face_px=150,
    max_yaw=45,
    max_pitch=35,
    max_roll=60,
    sunglasses=80,
    occluded=90,
    min_brightness=20,
    max_brightness=95,
    min_sharpness=30,
    choice=ChoiceRules(eyes_open=50, mouth_open=50, smile=50, occluded=50, turned=30, sharp=80),
)


def check(*faces, height=1000):
    problem = check_faces(possible_faces(faces, RULES), height=height, rules=RULES)
    return problem and problem.reason


def of_size(width, height, **fields):
    return a_face(box=Box(left=0.1, top=0.1, width=width, height=height), **fields)


def test_one_clear_face_is_accepted():
    assert check(a_face()) is None


def test_a_picture_without_a_face_has_no_box():
    problem = check_faces([], height=1000, rules=RULES)

    assert (problem.reason, problem.box) == (Reason.SUBJECT_NO_FACE, None)


@pytest.mark.parametrize(("confidence", "reason"), [(79.9, Reason.SUBJECT_NO_FACE), (80.0, None)])
def test_a_face_with_low_confidence_is_no_face(confidence, reason):
    assert check(a_face(confidence=confidence)) is reason


def test_a_smaller_face_with_low_confidence_is_ignored():
    assert check(of_size(0.4, 0.5), of_size(0.2, 0.3, confidence=60)) is None


def test_a_clear_stranger_behind_an_unclear_face_is_not_the_user():
    unclear = of_size(0.4, 0.5, confidence=50)
    faces = possible_faces([of_size(0.2, 0.3), unclear], RULES)

    problem = check_faces(faces, height=1000, rules=RULES)

    assert (problem.reason, problem.box) == (Reason.SUBJECT_NO_FACE, unclear.box)


def test_a_large_pattern_with_hardly_any_confidence_is_no_face():
    assert check(of_size(0.4, 0.5, confidence=49.9), of_size(0.2, 0.3)) is None


@pytest.mark.parametrize(("share", "reason"), [(0.09, None), (0.11, Reason.SUBJECT_SEVERAL_FACES)])
def test_a_second_face_counts_from_a_tenth_of_the_first(share, reason):
    assert check(of_size(0.4, 0.5), of_size(0.4, 0.5 * share)) is reason


def test_the_box_of_several_faces_is_that_of_the_second():
    main, second = of_size(0.4, 0.5), of_size(0.2, 0.3)

    problem = check_faces(possible_faces([second, main], RULES), height=1000, rules=RULES)

    assert problem.box == second.box


@pytest.mark.parametrize(("height", "reason"), [(299, Reason.QUALITY_FACE_TOO_SMALL), (300, None)])
def test_a_face_has_enough_pixels_or_is_too_small(height, reason):
    assert check(of_size(0.4, 0.5), height=height) is reason


@pytest.mark.parametrize(
    ("field", "good", "bad", "reason"),
    [
        ("yaw", -45, -45.1, Reason.QUALITY_EXTREME_POSE),
        ("yaw", 45, 45.1, Reason.QUALITY_EXTREME_POSE),
        ("pitch", -35, -35.1, Reason.QUALITY_EXTREME_POSE),
        ("pitch", 35, 35.1, Reason.QUALITY_EXTREME_POSE),
        ("roll", 60, 179, Reason.QUALITY_EXTREME_POSE),
        ("sunglasses", 79.9, 80, Reason.QUALITY_SUNGLASSES),
        ("occluded", 89.9, 90, Reason.QUALITY_OCCLUDED),
        ("brightness", 20, 19.9, Reason.QUALITY_DARK),
        ("brightness", 95, 95.1, Reason.QUALITY_BRIGHT),
        ("sharpness", 30, 29.9, Reason.QUALITY_BLURRY),
    ],
)
def test_each_flaw_has_its_reason_and_threshold(field, good, bad, reason):
    assert check(a_face(**{field: good})) is None
    assert check(a_face(**{field: bad})) is reason


@pytest.mark.parametrize(
    "missing", ["yaw", "pitch", "roll", "sunglasses", "occluded", "brightness", "sharpness"]
)
def test_missing_measurements_do_not_refuse_a_photo(missing):
    assert check(a_face(**{missing: None})) is None


def test_a_flaw_shows_the_face_it_is_about():
    face = a_face(sharpness=3)

    assert check_faces([face], height=1000, rules=RULES).box == face.box


INSIDE = {"left": 0.3, "top": 0.3, "width": 0.4, "height": 0.4}


@pytest.mark.parametrize(
    ("side", "inside", "near", "outside"),
    [
        ("left", 0.008, 0.007, -0.2),
        ("top", 0.008, 0.007, -0.2),
        ("left", 0.592, 0.593, 0.8),  # the right side
        ("top", 0.592, 0.593, 0.8),  # the bottom
    ],
)
def test_a_face_that_reaches_the_edge_or_leaves_the_photo_is_cut(side, inside, near, outside):
    """Rekognition's box of a cut face may extend beyond the photo, or end at its edge."""
    assert check(a_face(box=Box(**INSIDE | {side: inside}))) is None
    assert check(a_face(box=Box(**INSIDE | {side: near}))) is Reason.QUALITY_FACE_CUT
    assert check(a_face(box=Box(**INSIDE | {side: outside}))) is Reason.QUALITY_FACE_CUT


def test_a_face_whose_eye_is_outside_is_cut_although_its_box_is_inside():
    inside, outside = (Box(left=left, top=0.4, width=0.3, height=0.2) for left in (0.1, -0.05))

    assert check(a_face(landmarks=inside)) is None
    problem = check_faces([a_face(landmarks=outside)], height=1000, rules=RULES)

    assert (problem.reason, problem.box) == (Reason.QUALITY_FACE_CUT, a_face().box)


def test_a_cut_is_reported_before_the_flaws_that_it_causes():
    cut = Box(**INSIDE | {"top": -0.1})

    assert check(a_face(box=cut, pitch=40, occluded=95)) is Reason.QUALITY_FACE_CUT


def test_darkness_is_reported_before_blur():
    assert check(a_face(brightness=5, sharpness=3)) is Reason.QUALITY_DARK


def test_several_faces_are_reported_before_darkness():
    assert check(of_size(0.4, 0.5, brightness=5), of_size(0.3, 0.4)) is Reason.SUBJECT_SEVERAL_FACES


def test_the_rules_can_be_read_from_the_policy_file():
    assert load_photo_rules().face_confidence >= 50


def test_an_unknown_rule_is_an_error():
    with pytest.raises(ValidationError, match="max_beauty"):
        PhotoRules.model_validate(RULES.model_dump() | {"max_beauty": 1})


def test_a_second_face_of_exactly_the_share_counts():
    rules = RULES.model_copy(update={"second_face_share": 0.25})
    faces = [of_size(0.5, 0.5), of_size(0.25, 0.25)]

    problem = check_faces(faces, height=1000, rules=rules)

    assert problem.reason is Reason.SUBJECT_SEVERAL_FACES


def test_boxes_of_one_face_are_matched_and_those_of_neighbours_are_not():
    main, same, neighbour = (
        Box(left=left, top=0.2, width=0.2, height=0.3) for left in (0.1, 0.13, 0.29)
    )

    assert same_face(main, [neighbour, same, main]) == 2
    assert same_face(main, [neighbour, same]) == 1
    assert same_face(main, [neighbour]) is None
    assert same_face(main, []) is None


PERCENT, ANGLE = (0, 100, -0.1, 100.1), (0.1, 180, 0, 180.1)


@pytest.mark.parametrize(
    ("field", "low", "high", "too_low", "too_high"),
    [
        *(
            (field, *PERCENT)
            for field in (
                *("face_confidence", "possible_face", "sunglasses", "occluded"),
                *("min_brightness", "max_brightness", "min_sharpness"),
            )
        ),
        *((field, *ANGLE) for field in ("max_yaw", "max_pitch", "max_roll")),
        ("face_margin", 0, 1, -0.01, 1.01),
        ("second_face_share", 0.01, 0.99, 0, 1),
        ("min_face_px", 1, 4096, 0, -1),
    ],
)
def test_a_rule_must_be_in_its_range(field, low, high, too_low, too_high):
    for allowed in (low, high):
        assert PhotoRules.model_validate(RULES.model_dump() | {field: allowed})
    for wrong in (too_low, too_high):
        with pytest.raises(ValidationError, match=field):
            PhotoRules.model_validate(RULES.model_dump() | {field: wrong})
