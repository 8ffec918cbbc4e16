"""Only the main face: never a stranger in the background."""

import numpy as np
import pytest

from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.visible import Part, covered_parts
from tests.model import pictures


def middle(box, photo):
    height, width = photo.shape[:2]
    return np.array([(box.left + box.width / 2) * width, (box.top + box.height / 2) * height])


def test_the_face_at_the_box_is_found_although_another_is_there(photos):
    picture, main = pictures.with_stranger(photos["wide"], turned_away=False)

    mesh = find_person(picture, main)

    assert np.abs(mesh.plane.mean(0) - middle(main, picture)).max() < 0.05 * picture.shape[0]


def test_a_smaller_face_is_found_if_the_box_names_it(photos):
    picture, _ = pictures.with_stranger(photos["wide"], turned_away=False)
    away, _ = pictures.with_stranger(photos["wide"], turned_away=True)
    stranger = pictures.face_box(away)

    mesh = find_person(picture, stranger)

    assert np.abs(mesh.plane.mean(0) - middle(stranger, picture)).max() < 0.05 * picture.shape[0]


def test_a_stranger_never_takes_the_place_of_a_face_that_is_turned_away(photos):
    picture, main = pictures.with_stranger(photos["wide"], turned_away=True)
    assert pictures.face_box(picture).overlap(main) == 0

    with pytest.raises(NoUsableFace):
        find_person(picture, main)


def test_without_a_box_a_smaller_face_does_not_take_the_place_of_the_largest(photos, monkeypatch):
    picture, main = pictures.with_stranger(photos["wide"], turned_away=False)
    tall = main.height * picture.shape[0]
    monkeypatch.setattr(
        "likeness_model.vision.person.lay_mesh",
        lambda _, face: None if face.height > 0.9 * tall else "the stranger's mesh",
    )

    with pytest.raises(NoUsableFace):
        find_person(picture)


def test_a_bare_face_is_not_covered(photos):
    for word in ("close", "wide", "turned"):
        found = covered_parts(photos[word], find_person(photos[word]))
        assert set(found.values()) == {False}


def test_a_mask_covers_the_mouth_and_not_the_eyes(photos):
    photo = pictures.masked(photos["wide"])

    found = covered_parts(photo, find_person(photo))

    assert found == {Part.MOUTH: True, Part.RIGHT_EYE: False, Part.LEFT_EYE: False}


def test_an_eye_outside_the_photo_is_covered(photos):
    photo = pictures.cut(photos["original"], "left", 0.35)

    assert covered_parts(photo, find_person(photo))[Part.RIGHT_EYE] is True
