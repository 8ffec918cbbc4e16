"""Any bytes of a user become a picture or a refusal, in bounded memory."""

import random
import struct
import subprocess
import sys

import pytest
from PIL import Image
from PIL.JpegImagePlugin import MARKER

from likeness.adapters.photos.pictures import normalise
from likeness.domain.photos.picture import Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from tests.infra.documents import ROOT
from tests.unit.photos import picture_files as files

SMALL = Limits(short_side=16)
every_kind = pytest.mark.parametrize("kind", files.CONTENT_TYPES)


def verdict(data, kind="JPEG", limits=SMALL):
    """The photo or the reason; any other exception is the failure these tests look for."""
    try:
        return normalise(data, declared_type=files.CONTENT_TYPES[kind], limits=limits)
    except Refused as refused:
        return refused.reason


def small(kind):
    return files.encode(files.textured(48, 32), kind, quality=50)


# --- broken files --------------------------------------------------------------------------------


def test_nothing_at_all_is_a_corrupt_file():
    assert verdict(b"") is Reason.FILE_CORRUPT


@every_kind
def test_a_whole_small_file_is_accepted(kind):
    assert isinstance(verdict(small(kind), kind), NormalisedPhoto)


@every_kind
def test_a_file_cut_off_anywhere_is_refused(kind):
    whole = small(kind)

    reasons = {verdict(whole[:length], kind) for length in range(len(whole))}

    assert reasons == {Reason.FILE_TYPE, Reason.FILE_CORRUPT}


@every_kind
def test_garbage_behind_the_right_magic_is_refused(kind):
    magic, noise = small(kind)[:12], random.Random(1)

    reasons = {verdict(magic + noise.randbytes(500), kind) for _ in range(50)}

    assert reasons <= {Reason.FILE_TYPE, Reason.FILE_CORRUPT, Reason.FILE_TOO_MANY_PIXELS}


@every_kind
def test_a_file_with_wrong_bytes_is_a_picture_or_refused(kind):
    whole, noise = small(kind), random.Random(2)

    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(noise.randint(1, 8)):
            broken[noise.randrange(len(broken))] = noise.randrange(256)

        assert isinstance(verdict(bytes(broken), kind), NormalisedPhoto | Reason)


def test_a_decoder_that_fails_in_any_way_refuses_the_file(monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("what no decoder promises to raise")

    monkeypatch.setattr(Image, "open", fail)

    assert verdict(small("PNG"), "PNG") is Reason.FILE_CORRUPT


def test_no_other_decoder_sees_the_bytes(monkeypatch):
    asked = []
    real = Image.open

    def spy(file, **options):
        asked.append(options["formats"])
        return real(file, **options)

    monkeypatch.setattr(Image, "open", spy)
    for kind in files.CONTENT_TYPES:
        verdict(small(kind), kind)

    assert asked == [(kind,) for kind in files.CONTENT_TYPES]


# --- bombs ---------------------------------------------------------------------------------------

BOMBS = {
    "PNG": files.png_claiming,
    "WEBP": files.webp_claiming,
    "JPEG": files.jpeg_claiming,
    "HEIF": files.heic_claiming,
}
every_bomb = pytest.mark.parametrize("kind", BOMBS)


@every_bomb
@pytest.mark.parametrize("size", [(65_000, 65_000), (10_000, 5_001), (20_001, 1_000)])
def test_a_picture_of_too_many_pixels_is_refused(kind, size):
    assert verdict(BOMBS[kind](*size), kind, Limits()) is Reason.FILE_TOO_MANY_PIXELS


@every_bomb
def test_a_bomb_is_refused_before_any_memory_is_taken_for_it(kind, tmp_path):
    bomb = tmp_path / "bomb"
    bomb.write_bytes(BOMBS[kind](16_000, 16_000))
    program = """
import resource, sys
from pathlib import Path
from likeness.adapters.photos.pictures import normalise
from likeness.domain.reasons import Refused

data = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    normalise(data, declared_type=sys.argv[2])
except Refused as refused:
    print(refused.reason)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, bomb, files.CONTENT_TYPES[kind]],
        env={"PYTHONPATH": str(ROOT / "layers" / "likeness")},
        capture_output=True,
        text=True,
        check=True,
    )
    reason, grown_kib = done.stdout.split()

    assert reason == Reason.FILE_TOO_MANY_PIXELS
    assert int(grown_kib) < 32 * 1024  # the picture would take 1,000 MiB


def test_a_jpeg_that_would_keep_the_decoder_busy_is_refused():
    progressive = files.encode(files.textured(48, 32), progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    last_scan, end = progressive[scan:-2], progressive[-2:]

    assert isinstance(verdict(progressive), NormalisedPhoto)
    assert verdict(progressive[:-2] + last_scan * 200 + end) is Reason.FILE_CORRUPT


# --- more than one picture -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_several_frames_are_refused(kind):
    frames = [files.textured(640, 600, seed) for seed in (1, 2)]

    data = files.encode(frames[0], kind, save_all=True, append_images=frames[1:])

    assert verdict(data, kind) is Reason.FILE_ANIMATED


def test_an_animated_gif_is_an_unsupported_type():
    frames = [files.textured(640, 600, seed) for seed in (1, 2)]
    data = files.encode(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert verdict(data) is Reason.FILE_TYPE


def test_a_second_view_in_a_jpeg_is_refused():
    assert verdict(_multi_picture(b"the right eye's view")) is Reason.FILE_ANIMATED


@pytest.mark.parametrize(
    "watermark", [b"urn:com:apple:photo:2020:aux:hdrgainmap", b'hdrgm:Version="1.0"']
)
def test_a_gain_map_in_a_jpeg_is_no_second_view(watermark):
    assert isinstance(verdict(_multi_picture(watermark)), NormalisedPhoto)


def test_a_jpeg_whose_list_of_pictures_is_broken_is_one_picture():
    whole = small("JPEG")
    listing = b"MPF\0MM\0*" + bytes(20)
    segment = b"\xff\xe2" + struct.pack(">H", 2 + len(listing)) + listing

    assert isinstance(verdict(whole[:2] + segment + whole[2:]), NormalisedPhoto)


def test_a_movie_in_a_heic_is_refused():
    movie = struct.pack(">I", 16) + b"moov" + bytes(8)

    assert verdict(small("HEIF") + movie, "HEIF") is Reason.FILE_ANIMATED


def test_a_heic_with_a_preview_is_one_picture():
    data = files.encode(files.textured(640, 600), "HEIF", thumbnails=[128])
    assert b"thmb" in data

    photo = verdict(data, "HEIF")

    assert isinstance(photo, NormalisedPhoto)
    assert photo.width == 640


def test_data_after_the_end_of_a_jpeg_is_removed():
    clip = b"\0\0\0\x18ftypmp42" + random.Random(3).randbytes(200_000)
    assert clip.count(b"\xff\xda") + clip.count(b"\xff\xd9") > 1  # as in any long clip

    photo = verdict(small("JPEG") + clip)

    assert isinstance(photo, NormalisedPhoto)
    assert clip[-64:] not in photo.jpeg


# --- what must not stay --------------------------------------------------------------------------

SECRET = b"SECRET-OF-THE-USER"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"


def _exif_with_secrets():
    preview = files.encode(Image.new("RGB", (160, 120), "red"), comment=SECRET)
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    exif.get_ifd(0x8769)[0x927C] = SECRET  # MakerNote
    return exif.tobytes() + preview


@pytest.mark.parametrize(
    ("kind", "extras"),
    [
        ("JPEG", {"comment": SECRET, "dpi": (300, 300)}),
        ("JPEG", {"comment": SECRET, "icc_profile": files.ADOBE_RGB}),
        ("PNG", {"icc_profile": files.ADOBE_RGB}),
        ("WEBP", {"icc_profile": files.ADOBE_RGB}),
        ("HEIF", {"thumbnails": [64]}),
    ],
)
def test_only_pixels_are_kept(kind, extras):
    data = files.encode(
        files.textured(640, 600), kind, exif=_exif_with_secrets(), xmp=XMP, **extras
    )
    assert data.count(SECRET) >= 2

    kept = verdict(data, kind).jpeg

    assert SECRET not in kept
    assert _markers(kept) == {"SOI", "APP0", "DQT", "SOF0", "DHT", "SOS", "EOI"}
    assert kept.count(b"\xff\xd8\xff") == 1


def test_text_in_a_png_is_not_stored():
    whole = small("PNG")
    text = files.png_chunk(b"tEXt", b"Comment\0" + SECRET)
    kept = verdict(whole[:33] + text + whole[33:], "PNG").jpeg

    assert SECRET not in kept


@every_kind
def test_a_polyglot_leaves_only_its_picture(kind):
    script = b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"
    whole = small(kind)
    box = struct.pack(">I", 8 + len(script)) + b"free" + script
    photo = verdict(whole + (box if kind == "HEIF" else script), kind)

    assert isinstance(photo, NormalisedPhoto)
    assert script not in photo.jpeg


def _multi_picture(watermark):
    second = files.textured(640, 600, 2)
    second.info["comment"] = watermark
    data = files.encode(files.textured(640, 600), "MPO", save_all=True, append_images=[second])
    assert watermark in data
    return data


def _markers(jpeg):
    names, at = {"SOI"}, 2
    while jpeg[at + 1] != 0xDA:
        names.add(MARKER[0xFF00 | jpeg[at + 1]][0])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    assert jpeg.endswith(b"\xff\xd9")
    return names | {"SOS", "EOI"}
