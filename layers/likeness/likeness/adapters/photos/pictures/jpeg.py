"""Read the markers of a JPEG as libjpeg does (libjpeg-turbo, jdmarker.c), without decoding."""

from __future__ import annotations

import re
import struct
from itertools import islice
from typing import TYPE_CHECKING

from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

# A progressive JPEG has about ten scans. Each scan costs a pass over all pixels, so a small file
# with thousands of tiny scans would occupy the decoder for hours (libjpeg-turbo, LJT-01-004).
MAX_SCANS = 100

# Between segments and within a scan the decoder skips every other byte: junk, fill bytes, FF00,
# restarts. Markers below C0 have no length: where the decoder does not skip them, it fails.
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
_SOI, _EOI, _SOS, _APP2 = 0xD8, 0xD9, 0xDA, 0xE2

# Types of pictures in CIPA DC-007 (Multi-Picture Format), 5.2.3.3.1. Previews and pictures of
# undefined type (a gain map, depth, a matte) only support the first picture.
_SECOND_VIEWS = frozenset({0x020001, 0x020002, 0x020003})  # panorama, disparity, several angles
_INDEX, _ENTRIES, _ENTRY_BYTES = b"MPF\0", 0xB002, 16


def check_jpeg(data: bytes) -> None:
    """Raise Refused if it has too many scans or a second view. Data after the end is not read."""
    scans = second_views = 0
    for marker, at in _segments(data):
        scans += marker == _SOS
        if scans > MAX_SCANS:
            raise Refused(Reason.FILE_CORRUPT)
        if marker == _APP2 and data.startswith(_INDEX, at + 2):
            second_views += _second_views(data, at + 2 + len(_INDEX))
    if second_views:
        raise Refused(Reason.FILE_ANIMATED)


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield each marker with a segment, and where its length field is."""
    at = 2
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            return
        if marker == _SOI:  # the decoder takes only one
            raise Refused(Reason.FILE_CORRUPT)
        yield marker, at
        at += max(2, int.from_bytes(data[at : at + 2]))


def _second_views(data: bytes, start: int) -> int:
    """Count the second views that an index names and the file contains.

    Editors and messengers remove the other pictures and leave the index. A broken index names none.
    """
    order = "<" if data.startswith(b"II", start) else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}4xI", data, start)
        (fields,) = struct.unpack_from(f"{order}H", data, start + directory)
        for field in range(fields):
            place = start + directory + 2 + 12 * field
            tag, size, offset = struct.unpack_from(f"{order}H2xII", data, place)
            if tag == _ENTRIES:
                table = data[start + offset : start + offset + size // _ENTRY_BYTES * _ENTRY_BYTES]
                pictures = islice(struct.iter_unpack(f"{order}I4xI4x", table), 1, None)
                return sum(
                    kind & 0xFFFFFF in _SECOND_VIEWS and data.startswith(b"\xff\xd8", start + where)
                    for kind, where in pictures
                )
    except struct.error:
        pass
    return 0
