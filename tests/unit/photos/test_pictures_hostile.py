"""Any bytes of a user become a picture or a refusal, in bounded memory."""

import random
import struct
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image
from PIL.JpegImagePlugin import MARKER

from likeness.adapters.photos.pictures.decoder import normalise
from likeness.adapters.photos.pictures.jpeg import MAX_SCANS
from likeness.domain.photos.picture import Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from tests.infra.documents import ROOT
from tests.unit.photos import heif_files, jpeg_files, picture_files as files

SMALL = Limits(short_side=16)
PNG_HEADER = struct.pack(">IIBBBBB", 640, 640, 8, 2, 0, 0, 0)
every_kind = pytest.mark.parametrize("kind", files.CONTENT_TYPES)


def verdict(data, limits=SMALL):
    """The photo or the reason; any other exception is the failure these tests look for."""
    try:
        return normalise(data, limits=limits)
    except Refused as refused:
        return refused.reason


def small(kind):
    return files.encode(files.textured(48, 32), kind, quality=50)


# --- broken files --------------------------------------------------------------------------------


def test_nothing_at_all_is_a_corrupt_file():
    assert verdict(b"") is Reason.FILE_CORRUPT


@every_kind
def test_a_whole_small_file_is_accepted(kind):
    assert isinstance(verdict(small(kind)), NormalisedPhoto)


@every_kind
def test_a_file_cut_off_anywhere_is_refused(kind):
    whole = small(kind)

    reasons = {verdict(whole[:length]) for length in range(len(whole))}

    assert reasons == {Reason.FILE_TYPE, Reason.FILE_CORRUPT}


@every_kind
def test_garbage_behind_the_right_magic_is_refused(kind):
    magic, noise = small(kind)[:12], random.Random(1)

    reasons = {verdict(magic + noise.randbytes(500)) for _ in range(50)}

    assert reasons <= {Reason.FILE_TYPE, Reason.FILE_CORRUPT, Reason.FILE_TOO_MANY_PIXELS}


@every_kind
def test_a_file_with_wrong_bytes_is_a_picture_or_refused(kind):
    whole, noise = small(kind), random.Random(2)

    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(noise.randint(1, 8)):
            broken[noise.randrange(len(broken))] = noise.randrange(256)

        assert isinstance(verdict(bytes(broken)), NormalisedPhoto | Reason)


def test_a_decoder_that_fails_in_any_way_refuses_the_file(monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("what no decoder promises to raise")

    monkeypatch.setattr(Image, "open", fail)

    assert verdict(small("PNG")) is Reason.FILE_CORRUPT


def test_no_other_decoder_sees_the_bytes(monkeypatch):
    asked = []
    real = Image.open

    def spy(file, **options):
        asked.append(options["formats"])
        return real(file, **options)

    monkeypatch.setattr(Image, "open", spy)
    for kind in files.CONTENT_TYPES:
        verdict(small(kind))

    assert asked == [(kind,) for kind in files.CONTENT_TYPES if kind != "JPEG"]  # opened directly


# --- bombs ---------------------------------------------------------------------------------------

BOMBS = {
    "PNG": files.png_claiming,
    "WEBP": files.webp_claiming,
    "JPEG": files.jpeg_claiming,
    "HEIF": files.heic_claiming,
}
every_bomb = pytest.mark.parametrize("kind", BOMBS)


@every_bomb
@pytest.mark.parametrize("size", [(65_000, 65_000), (10_000, 5_001)])
def test_a_picture_of_too_many_pixels_is_refused(kind, size):
    assert verdict(BOMBS[kind](*size), Limits()) is Reason.FILE_TOO_MANY_PIXELS


@every_bomb
def test_a_bomb_is_refused_before_any_memory_is_taken_for_it(kind, tmp_path):
    bomb = tmp_path / "bomb"
    bomb.write_bytes(BOMBS[kind](16_000, 16_000))
    program = """
import resource, sys
from pathlib import Path
from likeness.adapters.photos.pictures.decoder import normalise
from likeness.domain.reasons import Refused

data = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    normalise(data)
except Refused as refused:
    print(refused.reason)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, bomb],
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


def test_scans_that_look_like_the_data_of_a_segment_are_counted():
    """In a scan with restarts the decoder skips FF02 and seeks the next restart."""
    hiding = b"\xff\x02\xff\xff\xd0"  # read as a segment, it covers the rest of the file

    few = jpeg_files.empty_scans(5, width=640, height=640, hiding=hiding)
    many = jpeg_files.empty_scans(MAX_SCANS, width=640, height=640, hiding=hiding)

    assert isinstance(verdict(few), NormalisedPhoto)
    assert verdict(many) is Reason.FILE_CORRUPT


@pytest.mark.parametrize(
    "skipped", [b"junk", b"\xff\xff\xff", b"\xff\x00", b"\xff\xd3", b"\xff\x01", b"\xff\xe5\0\0"]
)
def test_what_the_decoder_skips_hides_no_scans(skipped):
    many = jpeg_files.empty_scans(MAX_SCANS, width=640, height=640)
    scan = many.index(b"\xff\xda")

    assert verdict(many[:scan] + skipped + many[scan:]) is Reason.FILE_CORRUPT


# --- damage --------------------------------------------------------------------------------------


def test_a_png_whose_pixels_end_in_damage_is_refused():
    rows = b"".join(
        (b"\0" if y < 320 else b"\x09") + bytes(1920) for y in range(640)
    )  # no filter 9

    assert verdict(files.png(PNG_HEADER, rows)) is Reason.FILE_CORRUPT


@pytest.mark.parametrize("interlaced", [0, 1])
def test_a_png_of_too_few_pixels_is_refused(interlaced):
    header = PNG_HEADER[:-1] + bytes([interlaced])
    size = 1921 * 640 + 560 * interlaced  # seven passes: 1,200 rows

    assert isinstance(verdict(files.png(header, bytes(size))), NormalisedPhoto)
    assert verdict(files.png(header, bytes(size - 1))) is Reason.FILE_CORRUPT


def test_a_png_that_lost_a_chunk_is_refused():
    whole = small("PNG")
    first = whole.index(b"IDAT")
    pixels = whole[first + 4 : whole.index(b"IEND") - 8]
    half = files.png_chunk(b"IDAT", pixels[: len(pixels) // 2])

    assert verdict(whole[: first - 4] + half + whole[-12:]) is Reason.FILE_CORRUPT


def test_a_png_whose_pixels_differ_from_their_checksum_is_refused():
    whole = bytearray(small("PNG"))
    whole[whole.index(b"IEND") - 5] ^= 1  # the last byte of the checksum before

    assert verdict(bytes(whole)) is Reason.FILE_CORRUPT


def test_a_jpeg_without_its_end_is_refused():
    """Whether its last rows are there too, only the decoder knows, and it does not tell."""
    assert verdict(small("JPEG")[:-2]) is Reason.FILE_CORRUPT


# --- what a HEIC is made of ----------------------------------------------------------------------

TILE = heif_files.coded(files.textured(128, 128), hidden=True)
PIXELS = Limits(short_side=16, max_pixels=64 * 1024)


def test_a_grid_of_tiles_is_a_picture():
    photo = verdict(heif_files.heic(TILE, heif_files.grid(1, 2, (256, 128), [1, 1]), primary=2))

    assert (photo.width, photo.height) == (256, 128)


@pytest.mark.parametrize(
    "derived",
    [
        heif_files.grid(25, 40, (128, 128), [1] * 1000),
        heif_files.overlay((128, 128), [1] * 1000),
        heif_files.derived(b"iden", (128, 128), [1] * 1000, b""),
    ],
    ids=lambda item: item.kind.decode(),
)
def test_a_heic_that_draws_one_item_many_times_is_refused(derived):
    assert verdict(heif_files.heic(TILE, derived, primary=2), PIXELS) is Reason.FILE_TOO_MANY_PIXELS


def test_the_work_of_nested_items_is_multiplied():
    nested = [heif_files.overlay((128, 128), [n, n]) for n in range(1, 40)]

    assert verdict(heif_files.heic(TILE, *nested, primary=40), PIXELS) is (
        Reason.FILE_TOO_MANY_PIXELS
    )


def test_an_item_that_is_made_of_itself_is_refused():
    first, second = (heif_files.overlay((128, 128), [other]) for other in (2, 1))

    assert verdict(heif_files.heic(first, second)) is Reason.FILE_CORRUPT


def test_the_coded_size_of_a_cropped_heic_counts():
    large = heif_files.coded(files.textured(512, 256), heif_files.clap(64, 64))

    assert verdict(heif_files.heic(large)).width == 64
    assert verdict(heif_files.heic(large), PIXELS) is Reason.FILE_TOO_MANY_PIXELS


@pytest.mark.parametrize("references", ["auxl", "thmb", "dimg"])
def test_the_size_of_every_item_counts(references):
    picture = heif_files.coded(files.textured(128, 128))
    large = heif_files.coded(files.textured(512, 256), heif_files.ALPHA)
    match references:
        case "dimg":
            items = (large, heif_files.overlay((128, 128), [1]))
        case _:
            items = (heif_files.supporting(large, references.encode(), 2), picture)

    data = heif_files.heic(*items, primary=2)

    assert verdict(data, PIXELS) is Reason.FILE_TOO_MANY_PIXELS


def test_the_decoder_holds_an_item_to_the_size_that_it_declares():
    large = heif_files.coded(files.textured(512, 256))
    config = large.properties[1]
    lying = replace(large, properties=(heif_files.ispe(64, 64), config))

    assert verdict(heif_files.heic(lying)) is Reason.FILE_CORRUPT


def test_the_largest_of_several_declared_sizes_counts():
    large = heif_files.coded(files.textured(512, 256))
    lying = replace(large, properties=(heif_files.ispe(64, 64), *large.properties))

    assert verdict(heif_files.heic(lying), PIXELS) is Reason.FILE_TOO_MANY_PIXELS


def test_a_heic_with_two_lists_of_items_is_refused():
    whole = small("HEIF")
    at = whole.index(b"meta") - 4
    meta = whole[at : at + int.from_bytes(whole[at : at + 4])]

    assert verdict(whole + meta) is Reason.FILE_CORRUPT


# --- more than one picture -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_several_frames_are_refused(kind):
    frames = [files.textured(640, 600, seed) for seed in (1, 2)]

    data = files.encode(frames[0], kind, save_all=True, append_images=frames[1:])

    assert verdict(data) is Reason.FILE_ANIMATED


def test_an_animated_gif_is_an_unsupported_type():
    frames = [files.textured(640, 600, seed) for seed in (1, 2)]
    data = files.encode(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert verdict(data) is Reason.FILE_TYPE


def test_a_movie_in_a_heic_is_refused():
    movie = struct.pack(">I", 16) + b"moov" + bytes(8)

    assert verdict(small("HEIF") + movie) is Reason.FILE_ANIMATED


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

    kept = verdict(data).jpeg

    assert SECRET not in kept
    assert _markers(kept) == {"SOI", "APP0", "DQT", "SOF0", "DHT", "SOS", "EOI"}
    assert kept.count(b"\xff\xd8\xff") == 1


def test_text_in_a_png_is_not_stored():
    whole = small("PNG")
    text = files.png_chunk(b"tEXt", b"Comment\0" + SECRET)
    kept = verdict(whole[:33] + text + whole[33:]).jpeg

    assert SECRET not in kept


@every_kind
def test_a_polyglot_leaves_only_its_picture(kind):
    script = b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"
    whole = small(kind)
    box = struct.pack(">I", 8 + len(script)) + b"free" + script
    photo = verdict(whole + (box if kind == "HEIF" else script))

    assert isinstance(photo, NormalisedPhoto)
    assert script not in photo.jpeg


def _markers(jpeg):
    names, at = {"SOI"}, 2
    while jpeg[at + 1] != 0xDA:
        names.add(MARKER[0xFF00 | jpeg[at + 1]][0])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    assert jpeg.endswith(b"\xff\xd9")
    return names | {"SOS", "EOI"}
