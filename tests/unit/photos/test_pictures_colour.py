"""A picture keeps the colours of its own profile."""

import io

import pytest
from PIL import ImageCms

from likeness.adapters.photos.pictures.colour import MAX_PROFILE_BYTES, to_srgb
from likeness.adapters.photos.pictures.decoder import normalise
from tests.unit.photos import picture_files as files


def kept_of(data, kind="JPEG"):
    return files.decode(normalise(data).jpeg)


@pytest.mark.parametrize("kind", files.CONTENT_TYPES)
@pytest.mark.parametrize("profile", [files.ADOBE_RGB, files.DISPLAY_P3], ids=["adobe", "p3"])
def test_a_wide_gamut_picture_keeps_its_colours(kind, profile):
    wide = ImageCms.profileToProfile(
        files.quadrants(),
        ImageCms.createProfile("sRGB"),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
    )
    stored = files.quadrant_colours(wide)
    assert stored["top", "left"] != pytest.approx(files.RED, abs=15)

    kept = kept_of(files.encode(wide, kind, icc_profile=profile), kind)

    for place, colour in files.quadrant_colours(kept).items():
        assert colour == pytest.approx(files.QUADRANTS[place], abs=8), place
    assert "icc_profile" not in kept.info


@pytest.mark.parametrize(
    "profile",
    [b"no profile at all", files.ADOBE_RGB[:200], files.ADOBE_RGB.replace(b"RGB ", b"CMYK")],
    ids=["garbage", "cut off", "of another kind"],
)
def test_a_profile_that_cannot_be_used_is_ignored(profile):
    kept = kept_of(files.encode(files.quadrants(), icc_profile=profile))

    for place, colour in files.quadrant_colours(kept).items():
        assert colour == pytest.approx(files.QUADRANTS[place], abs=8), place


def test_a_profile_of_absurd_size_is_not_parsed():
    size = MAX_PROFILE_BYTES + 4
    huge = size.to_bytes(4) + files.ADOBE_RGB[4:] + bytes(size - len(files.ADOBE_RGB))
    picture = files.quadrants()

    assert to_srgb(picture, huge).tobytes() == picture.tobytes()
    assert to_srgb(picture, files.ADOBE_RGB).tobytes() != picture.tobytes()
