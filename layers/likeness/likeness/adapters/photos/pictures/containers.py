"""Check an upload's container without decoding pixels.

A decoder detects most truncated files, but not abuse: it accepts a PNG without its end, repeats a
JPEG's scans for hours, allocates a WebP's canvas while it opens the file, decodes a tile of a HEIC
a thousand times, and reads a video's first frame. So the container is parsed first, and only a
valid file reaches the decoder of its kind.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from likeness.adapters.photos.pictures.heif import check_heif
from likeness.adapters.photos.pictures.jpeg import check_jpeg
from likeness.adapters.photos.pictures.png import check_png
from likeness.adapters.photos.pictures.size import check_size
from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from likeness.domain.photos.picture import Limits

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
    def content_type(self) -> str:
        return "image/heic" if self is Kind.HEIF else f"image/{self.lower()}"


def kind_of(data: bytes) -> Kind | None:
    """Return the kind by magic bytes; None if it is not accepted."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] != b"CgBI":  # Apple's own variant
        return Kind.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp" and _is_hevc(data):
        return Kind.HEIF
    return None


def content_type(data: bytes) -> str | None:
    """Return the content type by magic bytes; None if the kind is not accepted."""
    kind = kind_of(data)
    return kind and kind.content_type


def check_container(kind: Kind, data: bytes, limits: Limits) -> None:
    """Raise Refused if the decoder could be abused, or if there is more than one picture."""
    match kind:
        case Kind.JPEG:
            check_jpeg(data)
        case Kind.PNG:
            check_png(data, limits)
        case Kind.WEBP:
            check_size(*_webp_canvas(data), limits)
        case Kind.HEIF:
            check_heif(data, limits)


def _webp_canvas(data: bytes) -> tuple[int, int]:
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


def _is_hevc(data: bytes) -> bool:
    """AVIF and others use the HEIF container too; there is no decoder for them here."""
    size = int.from_bytes(data[:4])
    major, rest = data[8:12], data[16 : min(size, len(data), 256)]
    brands = {major, *(rest[i : i + 4] for i in range(0, len(rest), 4))}
    return major in _HEIF_MAJOR and not brands.isdisjoint(_HEVC_STILL | _HEVC_SEQUENCE)


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
