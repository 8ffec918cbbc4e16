"""Only the pixels of an avatar's PNG are published; other files are refused."""

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

from likeness.adapters.generation.png import only_pixels
from likeness.domain.errors import Invalid
from tests.builders import a_png, png_chunk

SIDE = 16
SIGNATURE = b"\x89PNG\r\n\x1a\n"
ROWS = (b"\0" + b"\x01\x50\xa0" * SIDE) * SIDE


def header(width=SIDE, height=SIDE, depth=8, colour=2, interlace=0) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return png_chunk(b"IHDR", body)


def png(*chunks: bytes, head: bytes = b"") -> bytes:
    return SIGNATURE + (head or header()) + b"".join(chunks) + png_chunk(b"IEND", b"")


def pixels(rows: bytes = ROWS) -> bytes:
    return png_chunk(b"IDAT", zlib.compress(rows))


def test_a_plain_png_is_unchanged():
    assert only_pixels(a_png(1, side=SIDE), side=SIDE).png == a_png(1, side=SIDE)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"tIME", b"prVt"])
def test_ancillary_chunks_are_removed(kind):
    written = png(png_chunk(kind, b"a secret"), pixels(), png_chunk(kind, b"another"))

    assert only_pixels(written, side=SIDE).png == png(pixels())


def test_the_pixels_are_returned_without_compression_too():
    written = png(png_chunk(b"tEXt", b"a secret"), pixels())

    stored = only_pixels(written, side=SIDE, xmp=b"a label").stored

    assert ROWS in stored
    assert b"a secret" not in stored
    with Image.open(io.BytesIO(stored)) as one, Image.open(io.BytesIO(written)) as other:
        assert one.tobytes() == other.tobytes()


def test_pixels_in_several_chunks_and_a_palette_stay():
    stream = zlib.compress(ROWS)
    written = png(
        png_chunk(b"PLTE", b"\1\2\3"),
        png_chunk(b"IDAT", stream[:9]),
        png_chunk(b"IDAT", stream[9:]),
    )

    assert only_pixels(written, side=SIDE).png == written


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"GIF89a",
        SIGNATURE,
        a_png(1, side=SIDE)[:-1],
        a_png(1, side=SIDE)[:-12],
        a_png(1, side=SIDE) + b"\0",
        flipped(a_png(1, side=SIDE), 60),
        flipped(a_png(1, side=SIDE), len(a_png(1, side=SIDE)) - 1),
        SIGNATURE + pixels() + png_chunk(b"IEND", b""),
        png(pixels(), header()) + b"x",
        png(pixels(), png_chunk(b"ABCD", b"")),
        png(),
        png(pixels(ROWS[:-1])),
        png(pixels(ROWS + b"\0")),
        png(png_chunk(b"IDAT", zlib.compress(ROWS) + b"hidden")),
        png(png_chunk(b"IDAT", zlib.compress(ROWS)[:-4])),
        png(png_chunk(b"IDAT", b"no stream at all")),
        png(pixels(), head=header(width=SIDE * 2)),
        png(pixels(), head=header(height=SIDE - 1)),
        png(pixels(), head=header(depth=16)),
        png(pixels(), head=header(colour=6)),
        png(pixels(), head=header(interlace=1)),
        SIGNATURE + struct.pack(">I4s", 2**31, b"IDAT") + b"\0" * 99,
    ],
    ids=[
        "nothing",
        "another format",
        "only a signature",
        "cut off",
        "without an end",
        "a byte behind the end",
        "a byte that was flipped",
        "a checksum that does not match",
        "without a header",
        "bytes behind a second header",
        "an unknown critical chunk",
        "without pixels",
        "a pixel too few",
        "a pixel too many",
        "bytes behind the stream",
        "a stream without its checksum",
        "pixels that are no stream",
        "wider",
        "lower",
        "16 bits",
        "with alpha",
        "interlaced",
        "a chunk longer than the file",
    ],
)
def test_anything_else_is_refused(broken):
    with pytest.raises(Invalid):
        only_pixels(broken, side=SIDE)


def test_a_decompression_bomb_is_stopped():
    """100 MB of pixels in 100 kB: decoding stops one byte after the last expected pixel."""
    bomb = png(png_chunk(b"IDAT", zlib.compress(b"\0" * 100_000_000)))

    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="do not match its size"):
            only_pixels(bomb, side=SIDE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2**20
