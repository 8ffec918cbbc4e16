"""Remove everything from a PNG except its pixels."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from likeness.adapters.provenance.xmp import PNG_KEYWORD
from likeness.domain.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})  # all critical chunks that exist


class Pixels(NamedTuple):
    """A PNG without metadata, and one with the same pixels that are not compressed.

    Inflating takes as long as everything else in a decoder, and the pixels are inflated already.
    """

    png: bytes
    stored: bytes


def only_pixels(png: bytes, *, side: int, xmp: bytes | None = None) -> Pixels:
    """Return the picture with its critical chunks only: no text, EXIF, profile or time.

    `xmp` is added to `png` as the only metadata.

    Accepts what the container draws: a square of 8-bit RGB, not interlaced. Raises Invalid for
    anything else: a wrong checksum, an unknown critical chunk, bytes after the picture or after
    the pixel stream.
    """
    chunks = list(_chunks(png))
    if chunks[0] != (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)):
        raise Invalid(f"not a PNG of {side} x {side} px, 8-bit RGB, not interlaced")
    for kind, _ in chunks:
        # A lower-case first letter means that a reader may ignore the chunk (PNG, 5.4).
        if kind not in CRITICAL and not kind[:1].islower():
            raise Invalid(f"an unknown critical PNG chunk: {kind!r}")
    stream = b"".join(body for kind, body in chunks if kind == b"IDAT")
    rows = zlib.compress(_inflated(stream, size=side * (1 + 3 * side)), level=0)
    critical = [_chunk(kind, body) for kind, body in chunks if kind in CRITICAL]
    metadata = [] if xmp is None else [_chunk(b"iTXt", PNG_KEYWORD + bytes(5) + xmp)]
    return Pixels(
        png=SIGNATURE + b"".join([critical[0], *metadata, *critical[1:]]),
        stored=SIGNATURE + b"".join([critical[0], _chunk(b"IDAT", rows), _chunk(b"IEND", b"")]),
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise Invalid("not a PNG")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(png):
            raise Invalid("a PNG that is cut off")
        length, kind = struct.unpack_from(">I4s", png, at)
        end = at + 12 + length
        if end > len(png):
            raise Invalid("a PNG that is cut off")
        body = png[at + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(png[end - 4 : end]):
            raise Invalid(f"PNG chunk {kind!r} does not match its checksum")
        yield kind, body
        at = end
    if at != len(png):
        raise Invalid("bytes after the end of a PNG")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _inflated(stream: bytes, *, size: int) -> bytes:
    """Return exactly `size` bytes. Inflates at most one more: no zip bomb."""
    inflate = zlib.decompressobj()
    try:
        pixels = inflate.decompress(stream, size + 1)
    except zlib.error as broken:
        raise Invalid("a PNG whose pixels cannot be read") from broken
    if len(pixels) != size or not inflate.eof or inflate.unused_data:
        raise Invalid("a PNG whose pixels do not match its size")
    return pixels
