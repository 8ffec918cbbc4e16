"""Files as phones, messengers and editors write them: one photo, whatever else is in the file."""

import pytest

from likeness.adapters.photos.pictures.decoder import normalise
from likeness.domain.photos.picture import Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from tests.unit.photos import heif_files, jpeg_files, picture_files as files

PHOTO = files.encode(files.textured(640, 600))
SECOND = files.encode(files.textured(640, 600, 2))
PREVIEW = files.encode(files.textured(160, 120))
VIEWS = [jpeg_files.PANORAMA, jpeg_files.DISPARITY, jpeg_files.SEVERAL_ANGLES]
every_view = pytest.mark.parametrize("view", VIEWS, ids=["panorama", "stereo", "angles"])
every_order = pytest.mark.parametrize("order", "<>", ids=["little", "big"])


def verdict(data):
    try:
        return normalise(data, limits=Limits(short_side=16))
    except Refused as refused:
        return refused.reason


def accept(data):
    photo = verdict(data)
    assert isinstance(photo, NormalisedPhoto), photo
    return photo


# --- JPEG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 4])
@every_order
def test_depth_mattes_and_gain_maps_are_no_second_view(order, count):
    others = [(jpeg_files.UNDEFINED, PREVIEW), (jpeg_files.UNDEFINED, SECOND)] * 2

    data = jpeg_files.multi_picture(PHOTO, others[:count], order=order)

    assert accept(data) == accept(PHOTO)


def test_a_large_preview_is_no_second_view():
    data = jpeg_files.multi_picture(PHOTO, [(jpeg_files.LARGE_PREVIEW, SECOND)])

    assert accept(data) == accept(PHOTO)


@every_order
@every_view
def test_a_second_view_is_refused(view, order):
    data = jpeg_files.multi_picture(PHOTO, [(view, SECOND)], order=order, kind=view)

    assert verdict(data) is Reason.FILE_ANIMATED


def test_a_second_view_among_auxiliary_pictures_is_refused():
    others = [(jpeg_files.UNDEFINED, PREVIEW), (jpeg_files.DISPARITY, SECOND)]

    assert verdict(jpeg_files.multi_picture(PHOTO, others)) is Reason.FILE_ANIMATED


@every_view
def test_an_index_whose_second_picture_was_removed_is_one_photo(view):
    whole = jpeg_files.multi_picture(PHOTO, [(view, SECOND)], kind=view)

    assert accept(whole[: -len(SECOND)]) == accept(PHOTO)


def test_every_broken_index_is_ignored():
    whole = jpeg_files.multi_picture(PHOTO, [(jpeg_files.UNDEFINED, PREVIEW)])
    start = whole.index(b"MPF\0") + 4

    for at in range(start, start + 82):
        for value in (0x00, 0x7F, 0xFF):
            assert verdict(whole[:at] + bytes([value]) + whole[at + 1 :]) in {
                accept(PHOTO),
                Reason.FILE_ANIMATED,  # the byte that makes the preview a view
            }


# --- HEIC ----------------------------------------------------------------------------------------


def test_depth_mattes_and_gain_maps_of_a_heic_are_no_second_view():
    photo = heif_files.coded(files.textured(640, 600))
    kinds = [b"urn:mpeg:hevc:2015:auxid:2", b"urn:com:apple:photo:2020:aux:hdrgainmap"]
    small = files.textured(160, 128).convert("L")
    others = [
        heif_files.supporting(heif_files.coded(small, heif_files.auxiliary(kind)), b"auxl", 1)
        for kind in kinds * 2
    ]

    assert accept(heif_files.heic(photo, *others)).width == 640


def test_a_photo_with_its_gain_map_applied_is_one_photo():
    photo = heif_files.coded(files.textured(640, 600))
    gain = heif_files.coded(files.textured(160, 128).convert("L"), hidden=True)
    tone_mapped = heif_files.derived(b"tmap", (640, 600), [1, 2], bytes(62))

    assert accept(heif_files.heic(photo, gain, tone_mapped)).width == 640


@pytest.mark.parametrize("size", [(64, 64), (640, 600)])
def test_a_preview_of_any_size_in_a_heic_is_no_second_view(size):
    photo = heif_files.coded(files.textured(640, 600))
    preview = heif_files.supporting(heif_files.coded(files.textured(*size)), b"thmb", 1)

    assert accept(heif_files.heic(photo, preview)).width == 640


def test_a_burst_in_a_heic_is_refused():
    burst = [heif_files.coded(files.textured(640, 600, seed)) for seed in (1, 2)]

    assert verdict(heif_files.heic(*burst)) is Reason.FILE_ANIMATED


@pytest.mark.parametrize("behind", [b"\0", bytes(4), bytes(64), b"some other bytes"])
def test_bytes_behind_a_heic_are_ignored(behind):
    whole = heif_files.heic(heif_files.coded(files.textured(640, 600)))

    assert accept(whole + behind) == accept(whole)
