"""A moderator's first preview: small, grey, and without detail that could be restored."""

import io

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from likeness.adapters.photos.pictures import blurred
from tests.infra.documents import ROOT

PHOTO = (ROOT / "infra" / "local" / "demo" / "photos" / "01-original.jpg").read_bytes()


def jpeg(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content), formats=("JPEG",))


@pytest.mark.parametrize("size", [(2048, 1536), (512, 2048), (600, 600)])
def test_a_preview_is_small_grey_and_of_the_same_shape(size):
    preview = opened(blurred(jpeg(Image.new("RGB", size, (200, 30, 30)))))

    assert preview.mode == "L"
    assert max(preview.size) == 192
    assert preview.width / preview.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_a_preview_carries_nothing_but_pixels():
    image = Image.new("RGB", (800, 800), "white")
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"
    image.save(out, "JPEG", exif=exif)

    assert b"Jane Doe" not in blurred(out.getvalue())


def fine(image):
    """The amount of detail smaller than about a fiftieth of the picture."""
    coarse = image.filter(ImageFilter.GaussianBlur(2))
    return ImageStat.Stat(ImageChops.difference(image, coarse)).rms[0]


def test_hardly_any_detail_of_a_face_is_left():
    clear = opened(PHOTO).convert("L")
    clear.thumbnail((192, 192))

    assert fine(opened(blurred(PHOTO))) / fine(clear) < 0.25


def test_a_preview_is_small_enough_to_be_part_of_an_answer():
    assert len(blurred(PHOTO)) < 4096
