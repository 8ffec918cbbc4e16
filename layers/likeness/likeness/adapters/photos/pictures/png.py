"""Check a PNG's chunks, and that no pixel is missing (PNG Specification, third edition).

The decoder ignores the checksums of pixels, and leaves pixels that are missing black.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from likeness.adapters.photos.pictures.size import check_size
from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness.domain.photos.picture import Limits

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_WHOLE = ((0, 0, 1, 1),)  # passes: first column and row, then the distance to the next
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE = 16 * 1024  # bytes: deflate makes at most 1,032 times as many


def check_png(data: bytes, limits: Limits) -> None:
    chunks = _chunks(memoryview(data))
    missing = _filtered_bytes(*next(chunks, (b"", memoryview(b""))), limits)
    inflate = zlib.decompressobj()
    for name, body in chunks:
        if name == b"IHDR":  # the decoder would follow the second
            raise Refused(Reason.FILE_CORRUPT)
        for at in range(0, len(body) if name == b"IDAT" else 0, _PIECE):
            if missing <= 0 or inflate.eof:
                break
            try:
                missing -= len(inflate.decompress(body[at : at + _PIECE]))
            except zlib.error as error:
                raise Refused(Reason.FILE_CORRUPT) from error
    if missing > 0:
        raise Refused(Reason.FILE_CORRUPT)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the name and content of each chunk up to the end of the image."""
    at = 8
    while at + 12 <= len(data):
        body = at + 8
        name, end = bytes(data[at + 4 : body]), body + int.from_bytes(data[at : body - 4])
        critical = name[:1].isupper()
        if critical and zlib.crc32(data[body - 4 : end]) != int.from_bytes(data[end : end + 4]):
            break
        if name == b"IEND":
            return
        yield name, data[body:end]
        at = end + 4
    raise Refused(Reason.FILE_CORRUPT)


def _filtered_bytes(name: bytes, header: memoryview, limits: Limits) -> int:
    """Return how many bytes the rows have once they are inflated."""
    if name != b"IHDR" or len(header) != 13:
        raise Refused(Reason.FILE_CORRUPT)
    width, height, depth, colour, interlaced = struct.unpack(">IIBB2xB", header)
    if colour not in _CHANNELS:
        raise Refused(Reason.FILE_CORRUPT)
    check_size(width, height, limits)
    total = 0
    for x, y, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -((x - width) // across), -((y - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * depth * _CHANNELS[colour] + 7) // 8)
    return total
