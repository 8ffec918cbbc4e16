"""Near-exact copies of a photo are found; merely similar photos are not."""

import io
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageOps

from likeness.adapters.photos.pictures import copies, normalise, same_picture
from likeness.domain.photos.photo import Fingerprint
from likeness.domain.photos.photo_check import NEAR_HASHES, may_be_copies
from tests.infra.documents import ROOT
from tests.unit.photos import picture_files as files

VIEWS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))

some_views = pytest.mark.parametrize("view", VIEWS[::3], ids=lambda path: path.stem)
every_pair = pytest.mark.parametrize(
    ("one", "other"), list(combinations(VIEWS, 2)), ids=lambda path: path.stem[:2]
)


def photo(image, **options):
    return normalise(files.encode(image, **options))


@pytest.fixture(scope="module")
def photos():
    return {view: normalise(view.read_bytes()) for view in VIEWS}


def cropped(image, left=0.0, top=0.0, right=0.0, bottom=0.0):
    width, height = image.size
    return image.crop(
        (
            round(left * width),
            round(top * height),
            round((1 - right) * width),
            round((1 - bottom) * height),
        )
    )


def resaved(image, quality):
    return Image.open(io.BytesIO(files.encode(image, quality=quality)))


COPIES = {
    "saved again": lambda image: resaved(image, 40),
    "halved": lambda image: image.resize((image.width // 2, image.height // 2)),
    "sent by a messenger": lambda image: resaved(ImageOps.contain(image, (540, 540)), 60),
    "cropped all round": lambda image: cropped(image, 0.02, 0.02, 0.02, 0.02),
    "cropped at the left": lambda image: cropped(image, left=0.02),
    "cropped at the right": lambda image: cropped(image, right=0.02),
    "cropped at the top": lambda image: cropped(image, top=0.02),
    "cropped at the bottom": lambda image: cropped(image, bottom=0.02),
    "cropped in a corner": lambda image: cropped(image, left=0.02, top=0.02),
}
OTHERS = {
    "mirrored": ImageOps.mirror,
    "cropped a lot": lambda image: cropped(image, 0.1, 0.1, 0.1, 0.1),
    "turned": lambda image: image.rotate(4, fillcolor="grey"),
    "turned over": ImageOps.flip,
    "much darker": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
}


def test_all_eight_demo_photos_are_there():
    assert len(VIEWS) == 8


@every_pair
def test_two_views_of_one_photograph_are_no_copies(photos, one, other):
    assert not same_picture(photos[one].jpeg, photos[other].jpeg)
    assert not same_picture(photos[other].jpeg, photos[one].jpeg)


@some_views
@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found(photos, view, how):
    original = photos[view]
    copy = photo(COPIES[how](Image.open(view)), quality=85)

    assert may_be_copies(original.fingerprint, copy.fingerprint)
    assert same_picture(original.jpeg, copy.jpeg)
    assert same_picture(copy.jpeg, original.jpeg)


@some_views
@pytest.mark.parametrize("how", OTHERS)
def test_a_changed_picture_is_no_copy(photos, view, how):
    changed = photo(OTHERS[how](Image.open(view)))

    assert not same_picture(photos[view].jpeg, changed.jpeg)


def test_a_picture_is_a_copy_of_itself(photos):
    original = photos[VIEWS[0]]

    assert same_picture(original.jpeg, original.jpeg)


def test_flat_pictures_of_different_colours_are_different():
    light, dark = (photo(Image.new("RGB", (600, 600), (level,) * 3)) for level in (220, 60))

    assert not same_picture(light.jpeg, dark.jpeg)


@pytest.mark.parametrize(("differing", "near"), [(NEAR_HASHES, True), (NEAR_HASHES + 1, False)])
def test_only_near_hashes_need_a_pixel_comparison(differing, near):
    one = Fingerprint(perceptual=f"{0:016x}")
    other = Fingerprint(perceptual=f"{2**differing - 1:016x}")

    assert may_be_copies(one, other) is near


def test_a_hash_bit_is_set_where_a_picture_gets_brighter():
    to_the_right = Image.linear_gradient("L").rotate(90).resize((600, 600)).convert("RGB")

    assert photo(to_the_right).fingerprint.perceptual == "f" * 16
    assert photo(ImageOps.mirror(to_the_right)).fingerprint.perceptual == "0" * 16


def test_a_striped_picture_is_a_copy_of_itself():
    stripes = Image.new("RGB", (768, 768))
    for left in range(0, 768, 16):
        stripes.paste("white", (left, 0, left + 8, 768))

    one, other = photo(stripes), photo(stripes, quality=85)

    assert same_picture(one.jpeg, one.jpeg)
    assert same_picture(one.jpeg, other.jpeg)


def test_equal_bytes_are_a_copy_whatever_the_comparison_of_pixels_says(monkeypatch, photos):
    monkeypatch.setattr(copies, "difference", lambda *_: 255)
    one, other, *_ = photos.values()

    assert same_picture(one.jpeg, one.jpeg)
    assert not same_picture(one.jpeg, other.jpeg)
