"""Check an upload's container without decoding pixels.

A decoder detects most truncated files, but not abuse: it accepts a PNG without its end, repeats a
JPEG's scans for hours, allocates a WebP's canvas while it opens the file, and reads a video's first
frame. So the container is parsed first, and only a valid file reaches the decoder of its kind.
"""

import re
from enum import StrEnum

from likeness.domain.reasons import Reason, Refused

# A progressive JPEG has about ten scans. Each scan costs a pass over all pixels, so a small file
# with thousands of tiny scans would occupy the decoder for hours (libjpeg-turbo, LJT-01-004).
MAX_SCANS = 100

_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # FF00 and restarts are entropy data
_JPEG_ALONE = frozenset({0x01, 0xD8})  # markers without a segment
_JPEG_EOI, _JPEG_SOS = 0xD9, 0xDA

_HEVC_STILL = frozenset({b"heic", b"heix", b"heim", b"heis"})
_HEVC_SEQUENCE = frozenset({b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF_MAJOR = _HEVC_STILL | _HEVC_SEQUENCE | {b"mif1", b"msf1"}


class Kind(StrEnum):
    """Accepted kinds, by Pillow's names of their decoders."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    HEIF = "HEIF"

    @property
    def content_types(self) -> frozenset[str]:
        if self is Kind.HEIF:
            return frozenset({"image/heic", "image/heif"})
        return frozenset({f"image/{self.lower()}"})


def kind_of(data: bytes) -> Kind | None:
    """Return the kind by magic bytes; None if it is not accepted."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp" and _is_hevc(data):
        return Kind.HEIF
    return None


def check_container(kind: Kind, data: bytes) -> tuple[int, int] | None:
    """Raise Refused if the decoder could be abused. Returns the size in px if it was read."""
    match kind:
        case Kind.JPEG:
            _check_jpeg(data)
        case Kind.PNG:
            _check_png(data)
        case Kind.WEBP:
            return _check_webp(data)
        case Kind.HEIF:
            _check_heif(data)
    return None


def _check_jpeg(data: bytes) -> None:
    """Count the scans up to the end of the image. Data after it is not read."""
    at, scans = 2, 0
    while found := _JPEG_MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _JPEG_EOI:
            break
        if marker in _JPEG_ALONE:
            continue
        scans += marker == _JPEG_SOS
        at += int.from_bytes(data[at : at + 2])
    if scans > MAX_SCANS:
        raise Refused(Reason.FILE_CORRUPT)


def _check_png(data: bytes) -> None:
    at = 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        at += 12 + length
        if name == b"IEND" and at <= len(data):
            return
    raise Refused(Reason.FILE_CORRUPT)


def _check_webp(data: bytes) -> tuple[int, int]:
    """Return the canvas size: the decoder allocates it while it opens the file."""
    header = data[12:30]
    if len(header) < 18:
        raise Refused(Reason.FILE_CORRUPT)
    match header[:4]:
        case b"VP8X":
            return _little(header[12:15]) + 1, _little(header[15:18]) + 1
        case b"VP8L":
            bits = _little(header[9:13])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(header[14:16]) & 0x3FFF, _little(header[16:18]) & 0x3FFF
    raise Refused(Reason.FILE_CORRUPT)


def _check_heif(data: bytes) -> None:
    """Read the top-level boxes. A movie box means a sequence; still photos have only items."""
    at = 0
    while at < len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        elif size == 0:  # to the end of the file
            size = len(data) - at
        if size < 8:
            raise Refused(Reason.FILE_CORRUPT)
        if name == b"moov":
            raise Refused(Reason.FILE_ANIMATED)
        at += size


def _is_hevc(data: bytes) -> bool:
    """AVIF and others use the HEIF container too; there is no decoder for them here."""
    size = int.from_bytes(data[:4])
    major, rest = data[8:12], data[16 : min(size, len(data), 256)]
    brands = {major, *(rest[i : i + 4] for i in range(0, len(rest), 4))}
    return major in _HEIF_MAJOR and not brands.isdisjoint(_HEVC_STILL | _HEVC_SEQUENCE)


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
