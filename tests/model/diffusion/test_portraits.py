"""Crops around the face, and their captions."""

import numpy as np
import pytest

from likeness_model.diffusion.portraits import (
    CLOSE,
    WIDE,
    face_crop,
    find_portraits,
    references,
    training_examples,
)
from likeness_model.errors import PhotosError
from likeness_model.painter.subject import find_person
from tests.model.conftest import demo_bytes


@pytest.fixture(scope="module")
def portraits():
    return find_portraits({"p01": demo_bytes("wide"), "p02": demo_bytes("close")})


def test_the_larger_face_comes_first(portraits):
    assert [portrait.photo_id for portrait in portraits] == ["p02", "p01"]


def test_each_photo_gives_two_crops_and_their_mirror_images(portraits):
    made = training_examples(portraits, 128)

    assert len(made) == 8
    for one, mirrored in zip(made[::2], made[1::2], strict=True):
        assert one.picture.shape == (128, 128, 3)
        assert np.array_equal(one.picture[:, ::-1], mirrored.picture)
        assert one.caption == mirrored.caption
    assert made[0].caption == "photo of ohwx person, close-up"
    assert made[2].caption == "photo of ohwx person, head and shoulders"


@pytest.mark.parametrize("factor", [CLOSE, WIDE])
def test_the_crop_contains_the_whole_face(portraits, factor):
    mesh = find_person(face_crop(portraits[1], factor, 256)).plane

    assert mesh.min() > 0
    assert mesh.max() < 256
    assert np.ptp(mesh[:, 1]) == pytest.approx(256 / factor, rel=0.15)


def test_a_crop_that_is_larger_than_the_photo_is_the_photo(portraits):
    whole = face_crop(portraits[0], 50, 200)

    assert whole.shape == (200, 200, 3)


def test_references_are_of_the_best_photos_and_none_twice(portraits):
    assert len(references(portraits, 1, 64)) == 1
    assert len(references(portraits, 4, 64)) == 2


def test_a_photo_that_shows_no_face_or_is_no_picture_is_left_out():
    found = find_portraits({"p01": demo_bytes("close"), "p02": b"", "p03": b"no picture"})

    assert [portrait.photo_id for portrait in found] == ["p01"]


def test_only_files_that_are_no_pictures_are_an_error():
    with pytest.raises(PhotosError, match="no photo can be decoded"):
        find_portraits({"p01": b"", "p02": b"no picture"})
