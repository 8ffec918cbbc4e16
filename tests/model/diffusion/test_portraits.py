"""Crops around the face, and their captions."""

from dataclasses import replace

import numpy as np
import pytest

from likeness_model.diffusion.portraits import (
    CLOSE,
    WIDE,
    face_crop,
    find_portraits,
    loss_weights,
    references,
    training_examples,
)
from likeness_model.errors import PhotosError
from likeness_model.painter.subject import find_person
from tests.model import pictures
from tests.model.conftest import demo_bytes


@pytest.fixture(scope="module")
def portraits():
    return find_portraits({"p01": demo_bytes("wide"), "p02": demo_bytes("close")})


def test_the_larger_face_comes_first(portraits):
    assert [portrait.photo_id for portrait in portraits] == ["p02", "p01"]


def test_few_photos_give_two_crops_each_and_their_mirror_images(portraits):
    made = training_examples(portraits, 128)

    assert len(made) == 8
    for one, mirrored in zip(made[:4], made[4:], strict=True):
        assert one.picture.shape == (128, 128, 3)
        assert np.array_equal(one.picture[:, ::-1], mirrored.picture)
        assert np.array_equal(one.head[:, ::-1], mirrored.head)
        assert one.caption == mirrored.caption


def test_with_enough_photos_no_face_is_mirrored(portraits):
    """A face is not symmetric: its mirror image is another person's."""
    assert len(training_examples(portraits[:1] * 4, 64)) == 16
    assert len(training_examples(portraits[:1] * 5, 64)) == 10


def test_captions_name_clothes_and_background_and_never_the_face(portraits):
    close, wide = (example.caption for example in training_examples(portraits[:1], 256)[:2])

    assert close == "photo of ohwx person, close-up, white background"
    assert wide == "photo of ohwx person, head and shoulders, in black clothes, white background"


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        *[((20, 20, 22), "black"), ((128, 128, 128), "grey"), ((245, 245, 240), "white")],
        *[((190, 30, 40), "red"), ((250, 130, 20), "orange"), ((250, 220, 60), "yellow")],
        *[((40, 130, 60), "green"), ((40, 80, 180), "blue"), ((110, 50, 140), "purple")],
        *[((250, 160, 180), "pink"), ((110, 70, 40), "brown")],
    ],
)
def test_a_background_has_the_name_of_its_colour(portraits, rgb, name, monkeypatch):
    monkeypatch.setattr(
        "likeness_model.diffusion.portraits.person_mask", lambda _: np.eye(64, dtype=np.float32)
    )
    plain = replace(portraits[0], photo=np.full_like(portraits[0].photo, rgb))

    made = training_examples([plain], 64)[0]

    assert made.caption == f"photo of ohwx person, close-up, {name} background"


def test_the_head_counts_ten_times_as_much_as_the_rest(portraits):
    made = training_examples(portraits[1:], 128)[1]  # the wide crop
    _, points = face_crop(portraits[1], WIDE, 128)
    weights = loss_weights([made])[0]

    (brow, chin), left, right = points[[10, 152]].astype(int), *points[[234, 454], 0].astype(int)
    face = weights[brow[1] : chin[1], left:right]
    hair = weights[brow[1] - 8 : brow[1] - 4, brow[0] - 5 : brow[0] + 5]
    clothes, corner = weights[-10:, 54:74], weights[:10, :10]
    assert weights.mean() == pytest.approx(1)
    assert np.median(face) == pytest.approx(10 * np.median(clothes), rel=0.02)
    assert np.median(hair) == pytest.approx(np.median(face), rel=0.02)
    assert np.median(corner) == pytest.approx(np.median(clothes), rel=0.02)


@pytest.mark.parametrize("factor", [CLOSE, WIDE])
def test_the_crop_contains_the_whole_face(portraits, factor):
    picture, points = face_crop(portraits[1], factor, 256)
    mesh = find_person(picture).plane

    assert mesh.min() > 0
    assert mesh.max() < 256
    assert np.ptp(mesh[:, 1]) == pytest.approx(256 / factor, rel=0.15)
    assert np.abs(points - mesh).mean() < 4  # px: the mesh moves with the crop


def test_a_crop_that_is_larger_than_the_photo_is_the_photo(portraits):
    whole, _ = face_crop(portraits[0], 50, 200)

    assert whole.shape == (200, 200, 3)


def test_references_show_the_face_close(portraits):
    """At 512 px a face is 301 px high on all of the demo's photos; in a wide crop 183 to 234."""
    for reference in references(portraits, 2, 256):
        assert np.ptp(find_person(reference).plane[:, 1]) > 0.5 * 256


def test_references_are_of_the_best_photos_and_none_twice(portraits):
    assert len(references(portraits, 1, 64)) == 1
    assert len(references(portraits, 4, 64)) == 2


def test_a_photo_that_shows_no_face_or_is_no_picture_is_left_out():
    found = find_portraits({"p01": demo_bytes("close"), "p02": b"", "p03": b"no picture"})

    assert [portrait.photo_id for portrait in found] == ["p01"]


def test_the_main_face_is_trained_on_and_shown_and_a_stranger_never(photos):
    both, main = pictures.with_stranger(photos["wide"], turned_away=False)
    away, _ = pictures.with_stranger(photos["wide"], turned_away=True)
    stranger = pictures.face_box(away)
    files = {"p01": pictures.jpeg(both), "p02": pictures.jpeg(both), "p03": pictures.jpeg(away)}

    found = find_portraits(files, {"p01": main, "p02": stranger, "p03": main})

    meshes = {portrait.photo_id: portrait.mesh.plane for portrait in found}
    assert set(meshes) == {"p01", "p02"}
    height, width = both.shape[:2]
    for photo_id, box in (("p01", main), ("p02", stranger)):
        x, y = meshes[photo_id].mean(0) / (width, height)
        assert box.left < x < box.left + box.width
        assert box.top < y < box.top + box.height


def test_only_files_that_are_no_pictures_are_an_error():
    with pytest.raises(PhotosError, match="no photo can be decoded"):
        find_portraits({"p01": b"", "p02": b"no picture"})
