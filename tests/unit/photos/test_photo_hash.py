"""PDQ hashes: equal to those of Meta's code, and matched with a list."""

import io

import pytest
from PIL import Image, ImageDraw, ImageOps

from likeness.adapters.photos.pictures import hashes
from likeness.adapters.photos.pictures.hashes import of_luminance
from likeness.domain.photos.photo_hash import MIN_QUALITY, PhotoHashes, read_hash_list
from tests.infra.documents import ROOT

DEMO = ROOT / "demo" / "photos"
# Of pdqhash 0.2.8, which binds Meta's C++ code: compute() on the luminance of the whole photo.
REFERENCE = {
    "01-original": "2d2f1af3a856c529c79ca3d6526fa836d4196c81c6dd04de0a26f855fc99b724",
    "02-close": "16ccb8ce59f32783da1e81f93e8f4b0c8374ff43a53c1e1cd9e150b475e21849",
    "03-wide-warm": "71c292b7c5986496fe3dc1e36de2361d870ae8b155f9125df068bae60ee99510",
    "04-tilted-dark": "8d1230fd6393218d3cf3c34da78e961c68634cbc4f1f82680fa569b6bc631fd4",
    "05-mirrored": "8d66349863c6a4cd6da6d2d98619e16957b638699259c7a6a87875e369b6cb14",
    "06-turned-left": "cc3320c99ed358c8ace3c78c5b4cb13c02e37d3ce38c92f3fdad04b62c63de41",
    "07-turned-right": "b87261cdb693f31869f3078cd24ce43c02c3793c8e1c02f3ff2d81b638e39ed1",
    "08-looking-up": "713161cd9793f0cca8e3870cf36cb43c02c36d3cc70c92f1fd2d20b63ce39ec9",
}


def photo(name="01-original"):
    return Image.open(DEMO / f"{name}.jpg").convert("RGB")


def saved(image, quality=90):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def listed(image):
    return (hashes(saved(image)).hashes[0],)


@pytest.mark.parametrize("name", list(REFERENCE))
def test_a_hash_is_that_of_the_reference(name):
    found = of_luminance(photo(name).convert("L"))

    assert f"{found.hashes[0]:064x}" == REFERENCE[name]
    assert found.quality == 100


def test_a_photo_that_is_scaled_first_is_near_its_whole_picture():
    """A list may have hashes of whole pictures: half of the 31 bits are left for a copy."""
    for name, reference in REFERENCE.items():
        scaled = hashes(saved(photo(name), quality=95)).hashes[0]
        assert (scaled ^ int(reference, 16)).bit_count() <= 15


def test_the_eight_orientations_are_those_of_the_turned_and_mirrored_photo():
    square = photo().resize((512, 512))
    turned = [square, *(square.transpose(turn) for turn in Image.Transpose)]
    seen = [of_luminance(image.convert("L")).hashes[0] for image in turned]

    found = of_luminance(square.convert("L")).hashes

    assert len(set(found)) == 8
    for one in seen:
        assert min((one ^ other).bit_count() for other in found) <= 16


@pytest.mark.parametrize(
    "copy",
    [
        lambda image: image.resize((300, 300)),
        lambda image: Image.open(io.BytesIO(saved(image, quality=20))),
        ImageOps.mirror,
        lambda image: image.transpose(Image.Transpose.ROTATE_270),
    ],
    ids=["smaller", "recompressed", "mirrored", "turned"],
)
def test_a_copy_matches(copy):
    image = photo("02-close")

    assert hashes(saved(copy(image))).match(listed(image))


def test_another_photo_does_not_match():
    assert not hashes(saved(photo("02-close"))).match(listed(photo("03-wide-warm")))


def test_a_picture_without_detail_matches_nothing():
    blank = Image.new("RGB", (600, 600), "grey")
    ImageDraw.Draw(blank).line((100, 100, 500, 500), "white", 2)
    found = hashes(saved(blank))

    assert found.quality < MIN_QUALITY
    assert not found.match(found.hashes)


def test_the_distance_that_matches_has_a_limit():
    seen = PhotoHashes(quality=MIN_QUALITY, hashes=(0,))

    assert seen.match([2**31 - 1])
    assert not seen.match([2**32 - 1])


# --- the list ------------------------------------------------------------------------------------

ONE, OTHER = "0f" * 32, "a5" * 32


def test_a_list_has_one_hash_in_each_line():
    assert read_hash_list(f"{ONE}\n{OTHER.upper()}\n\n") == (int(ONE, 16), int(OTHER, 16))


def test_of_a_csv_file_the_first_column_counts():
    assert read_hash_list(f'hash,type\n"{ONE}",PDQ\n{OTHER},PDQ\n') == (
        int(ONE, 16),
        int(OTHER, 16),
    )


@pytest.mark.parametrize("line", ["a5" * 31, "xy" * 32, "secret text", "a5" * 33])
def test_a_list_with_a_broken_line_is_not_read_in_part(line):
    with pytest.raises(ValueError, match="line 2") as broken:
        read_hash_list(f"{ONE}\n{line}\n")

    assert line not in str(broken.value)
