"""Every accepted photo format becomes one kind of file."""

import hashlib

import pytest
from PIL import Image

from likeness.adapters.photos.pictures.decoder import normalise
from likeness.domain.photos.picture import Limits
from likeness.domain.reasons import Reason, Refused
from tests.unit.photos import picture_files as files

ORIENTATION_TAG = 0x0112
every_kind = pytest.mark.parametrize("kind", files.CONTENT_TYPES)
every_orientation = pytest.mark.parametrize("orientation", files.ORIENTATIONS)


def accept(data, **limits):
    photo = normalise(data, limits=Limits(**limits))
    image = files.decode(photo.jpeg)
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert image.size == (photo.width, photo.height)
    return image


def refuse(data, **limits):
    with pytest.raises(Refused) as refused:
        normalise(data, limits=Limits(**limits))
    return refused.value.reason


def assert_quadrants(image, colours=files.QUADRANTS):
    for place, colour in files.quadrant_colours(image).items():
        assert colour == pytest.approx(colours[place], abs=12), place


@every_kind
def test_each_kind_keeps_its_picture(kind):
    assert_quadrants(accept(files.encode(files.quadrants(), kind)))


def test_the_checksum_is_that_of_the_stored_photo():
    photo = normalise(files.encode(files.quadrants()))

    assert photo.sha256 == hashlib.sha256(photo.jpeg).hexdigest()


def test_the_same_upload_gives_the_same_bytes():
    data = files.encode(files.textured(900, 700))

    first = normalise(data)

    assert normalise(data) == first


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PDF"])
def test_other_kinds_are_refused(kind):
    assert refuse(files.encode(files.quadrants(), kind)) is Reason.FILE_TYPE


def test_an_image_in_the_same_container_as_heic_is_not_heic():
    avif = files.encode(files.quadrants(), "AVIF")
    assert avif[8:12] == b"avif"

    assert refuse(avif[:8] + b"mif1" + avif[12:]) is Reason.FILE_TYPE


def test_apples_own_variant_of_png_is_an_unsupported_type():
    png = files.encode(files.quadrants(), "PNG")

    variant = png[:8] + files.png_chunk(b"CgBI", b"\x50\x00\x20\x02") + png[8:]

    assert refuse(variant) is Reason.FILE_TYPE


# --- the right way up --------------------------------------------------------------------------


@every_orientation
@every_kind
def test_all_eight_orientations_come_out_upright(kind, orientation):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    stored = files.stored_quadrants(orientation)

    image = accept(files.encode(stored, kind, exif=exif.tobytes()))

    assert image.size == (640, 960)
    assert_quadrants(image)


def test_exif_turns_no_heic_that_its_container_has_turned_already():
    data = files.encode(files.stored_quadrants(6), "HEIF", exif=_exif(6))
    assert b"irot" in data
    assert files.decode(data).info["original_orientation"] == 6

    assert_quadrants(accept(data))


def test_a_nonsense_orientation_is_ignored():
    assert_quadrants(accept(files.encode(files.quadrants(), exif=_exif(77))))


def test_broken_exif_does_not_refuse_a_photo():
    whole = files.encode(files.quadrants(), exif=_exif(6))
    at = whole.index(b"Exif\0\0") + 6
    broken = whole[:at] + b"\xff" * 20 + whole[at + 20 :]

    assert_quadrants(accept(broken))


# --- every pixel format ------------------------------------------------------------------------


def test_a_photo_in_grey_stays_grey():
    image = accept(files.encode(files.quadrants().convert("L")))

    for red, green, blue in files.quadrant_colours(image).values():
        assert red == pytest.approx(green, abs=2) == pytest.approx(blue, abs=2)


@pytest.mark.parametrize("value", [0, 0x40FF, 0x8000, 0xFFFF])
def test_sixteen_bits_of_grey_become_eight(value):
    deep = Image.new("I;16", (600, 600), value)

    image = accept(files.encode(deep, "PNG"))

    assert image.getpixel((300, 300)) == pytest.approx((value >> 8,) * 3, abs=1)


def test_one_transparent_value_of_sixteen_bits_is_white():
    ramp = b"\0" + b"".join((x * 100).to_bytes(2) for x in range(640))
    header = (640).to_bytes(4) * 2 + bytes((16, 0, 0, 0, 0))
    clear = files.png_chunk(b"tRNS", (32_000).to_bytes(2))

    image = accept(files.png(header, ramp * 640, before=clear))

    for x in (0, 100, 300, 340, 639):
        assert image.getpixel((x, 320)) == pytest.approx((x * 100 >> 8,) * 3, abs=3)
    assert image.getpixel((320, 320)) == pytest.approx((255,) * 3, abs=60)


def test_sixteen_bits_of_colour_become_eight():
    rows = b"".join(b"\0" + bytes.fromhex("c8ff28002810") * 600 for _ in range(600))
    header = (600).to_bytes(4) * 2 + bytes((16, 2, 0, 0, 0))

    assert accept(files.png(header, rows)).getpixel((300, 300)) == pytest.approx(
        (0xC8, 0x28, 0x28), abs=3
    )


def test_black_and_white_is_a_picture_too():
    image = accept(files.encode(files.quadrants().convert("1"), "PNG"))

    assert image.size == (640, 960)


def test_a_palette_keeps_its_colours():
    palette = files.quadrants().convert("P", palette=Image.Palette.ADAPTIVE)

    assert_quadrants(accept(files.encode(palette, "PNG")))


def test_what_is_transparent_in_a_palette_is_white():
    palette = files.quadrants().quantize(8)
    clear = palette.getpixel((10, 10))

    image = accept(files.encode(palette, "PNG", transparency=clear))

    assert_quadrants(image, files.QUADRANTS | {("top", "left"): (255, 255, 255)})


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_what_is_transparent_is_white(kind):
    picture = files.quadrants().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 320, 480))

    image = accept(files.encode(picture, kind))

    assert_quadrants(image, files.QUADRANTS | {("top", "left"): (255, 255, 255)})


def test_grey_with_transparency_is_grey_over_white():
    picture = Image.new("LA", (600, 600), (0, 128))

    assert accept(files.encode(picture, "PNG")).getpixel((5, 5)) == pytest.approx((127,) * 3, abs=2)


def test_cmyk_becomes_rgb():
    image = accept(files.encode(files.quadrants().convert("CMYK")))

    assert_quadrants(image)


# --- size --------------------------------------------------------------------------------------


@every_kind
def test_nothing_longer_than_the_bound_is_stored(kind):
    data = files.encode(files.textured(1500, 750), kind)

    assert accept(data, long_side=1000, short_side=400).size == (1000, 500)


def test_a_jpeg_of_a_camera_is_decoded_at_a_fraction_close_to_the_bound():
    assert accept(files.encode(files.textured(4000, 3000))).size == (2000, 1500)


@pytest.mark.parametrize("mode", ["1", "P"])
def test_pixels_of_a_palette_are_averaged_not_picked(mode):
    checks = Image.new("L", (1200, 1200))
    for column in range(0, 1200, 2):
        checks.paste(255, (column, 0, column + 1, 1200))

    image = accept(files.encode(checks.convert(mode), "PNG"), long_side=600)

    assert image.getpixel((300, 300)) == pytest.approx((127,) * 3, abs=30)


def test_a_small_photo_is_not_enlarged():
    assert accept(files.encode(files.textured(700, 600))).size == (700, 600)


def test_a_scaled_photo_is_still_the_photo():
    full = files.textured(4032, 3024)
    expected = full.resize((2016, 1512), Image.Resampling.BOX)

    image = accept(files.encode(full, quality=95))

    for at in ((100, 100), (1000, 700), (1900, 1400)):
        assert image.getpixel(at) == pytest.approx(expected.getpixel(at), abs=8)


@pytest.mark.parametrize("size", [(511, 2000), (2000, 511), (100, 100), (6000, 300)])
def test_a_photo_with_a_short_side_below_the_bound_is_too_small(size):
    assert refuse(files.encode(Image.new("RGB", size))) is Reason.QUALITY_TOO_SMALL


def test_a_photo_just_large_enough_is_accepted():
    assert accept(files.encode(files.textured(512, 512))).size == (512, 512)


@pytest.mark.parametrize("size", [(6000, 1000), (1000, 6000), (20_001, 512)])
def test_a_picture_too_long_for_its_width_is_a_panorama(size):
    assert refuse(files.encode(Image.new("RGB", size))) is Reason.QUALITY_PANORAMA


def test_a_picture_four_times_as_long_as_wide_is_no_panorama():
    assert accept(files.encode(Image.new("RGB", (4096, 1024)))).size == (2048, 512)


def test_the_bound_on_bytes_is_kept_to_the_byte():
    data = files.encode(files.quadrants())

    assert refuse(data, max_bytes=len(data) - 1) is Reason.FILE_TOO_LARGE
    accept(data, max_bytes=len(data))


@every_kind
def test_the_bound_on_pixels_is_kept_to_the_pixel(kind):
    data = files.encode(files.quadrants(600, 520), kind)

    assert refuse(data, max_pixels=600 * 520 - 1) is Reason.FILE_TOO_MANY_PIXELS
    accept(data, max_pixels=600 * 520)


def _exif(orientation):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return exif.tobytes()
