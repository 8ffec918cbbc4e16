"""Mutated files of every container: a picture or a refusal, within the limits, and no dead decoder.

`make test` tries the same few files each time; `make fuzz` tries new ones for minutes.
"""

import contextlib
import os
import struct
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, note, settings, strategies as st
from PIL import Image

from likeness.adapters.photos.pictures import fence
from likeness.adapters.photos.pictures.containers import check_container, kind_of
from likeness.domain.photos.picture import MIB, Limits
from likeness.domain.reasons import Reason, Refused
from tests.unit.photos import heif_files, jpeg_files, picture_files as files

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
LIMITS = Limits(
    short_side=16, max_pixels=MIB, max_bytes=4 * MIB, decode_seconds=4, decode_bytes=128 * MIB
)


def _seeds() -> dict[str, bytes]:
    photo, second = files.textured(96, 64), files.textured(96, 64, 2)
    clear = photo.convert("RGBA")
    clear.putalpha(second.convert("L"))
    tile, picture = (heif_files.coded(photo, hidden=hidden) for hidden in (True, False))
    gain = heif_files.coded(second.convert("L"), heif_files.ALPHA)
    jpeg = files.encode(photo)
    frames = {"save_all": True, "append_images": [second]}
    return {
        "jpeg": jpeg,
        "jpeg, progressive": files.encode(photo, progressive=True, exif=b"Exif\0\0MM\0*\0\0\0\x08"),
        "jpeg, cmyk, restarts": files.encode(photo.convert("CMYK"), restart_marker_blocks=3),
        "jpeg, several pictures": jpeg_files.multi_picture(
            jpeg, [(jpeg_files.UNDEFINED, jpeg), (jpeg_files.DISPARITY, jpeg)]
        ),
        "jpeg, scans": jpeg_files.empty_scans(20, width=64, height=64),
        "png": files.encode(photo, "PNG", icc_profile=files.DISPLAY_P3),
        "png, palette": files.encode(photo.quantize(16), "PNG", transparency=3),
        "png, interlaced": files.png(struct.pack(">IIBBBBB", 24, 24, 16, 0, 0, 0, 1), bytes(1300)),
        "png, animated": files.encode(photo, "PNG", **frames),
        "webp": files.encode(photo, "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08"),
        "webp, lossless, clear": files.encode(clear, "WEBP", lossless=True),
        "webp, animated": files.encode(photo, "WEBP", **frames),
        "heic": files.encode(photo, "HEIF", exif=b"Exif\0\0MM\0*\0\0\0\x08"),
        "heic, clear": files.encode(clear, "HEIF"),
        "heic, grid": heif_files.heic(tile, heif_files.grid(2, 2, (192, 128), [1] * 4), primary=2),
        "heic, overlay": heif_files.heic(tile, heif_files.overlay((96, 64), [1, 1]), primary=2),
        "heic, auxiliary": heif_files.heic(picture, heif_files.supporting(gain, b"auxl", 1)),
    }


SEEDS = _seeds()
SEVERAL_PICTURES = {"jpeg, several pictures", "png, animated", "webp, animated"}
NUMBERS = [0, 1, 2, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A file with a few changes of bytes, numbers and lengths, as fuzzers of formats make them."""
    name = draw(st.sampled_from(sorted(SEEDS)))
    note(name)
    data = bytearray(SEEDS[name])
    for _ in range(draw(st.integers(1, 6))):
        reach = draw(st.sampled_from([64, 1024, len(data)]))  # headers are at the start
        at = draw(st.integers(0, max(0, min(reach, len(data)) - 1)))
        end = at + draw(st.integers(1, 64))
        match draw(st.sampled_from(["byte", "number", "cut", "repeat", "insert", "end", "splice"])):
            case "byte":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "number":
                size = draw(st.sampled_from([1, 2, 4]))
                value = draw(st.sampled_from(NUMBERS)) & (1 << 8 * size) - 1
                data[at : at + size] = value.to_bytes(
                    size, draw(st.sampled_from(["big", "little"]))
                )
            case "cut":
                del data[at:end]
            case "repeat":
                data[at:end] = bytes(data[at:end]) * draw(st.sampled_from([2, 3, 100, 1000]))
            case "insert":
                data[at:at] = draw(st.binary(max_size=32))
            case "end":
                del data[at:]
            case "splice":
                other = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
                start = draw(st.integers(0, len(other) - 1))
                data[at:end] = other[start : start + end - at]
    return bytes(data)


tried = settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@tried
@given(data=mutated())
def test_a_container_is_read_or_refused_without_another_error(data):
    if kind := kind_of(data):
        with contextlib.suppress(Refused):
            check_container(kind, data, LIMITS)


@tried
@given(data=mutated())
def test_every_file_becomes_a_picture_or_a_refusal_within_the_limits(data):
    with mock.patch.object(fence.logger, "warning") as died:
        try:
            photo = fence.normalise(data, limits=LIMITS)
        except Refused:
            photo = None

    assert not died.called, f"the decoder died: {died.call_args}: {data.hex()}"
    if photo:
        with Image.open(files.io.BytesIO(photo.jpeg)) as image:
            assert image.size == (photo.width, photo.height)


@pytest.mark.parametrize("name", SEEDS)
def test_every_seed_reaches_its_decoder(name):
    one = contextlib.nullcontext()
    several = pytest.raises(Refused, match=Reason.FILE_ANIMATED)

    with several if name in SEVERAL_PICTURES else one:
        fence.normalise(SEEDS[name], limits=LIMITS)
