"""Builds JPEG files of several pictures (CIPA DC-007, Multi-Picture Format), and of many scans."""

import struct
from collections.abc import Sequence

PRIMARY, LARGE_PREVIEW, UNDEFINED = 0x030000, 0x010002, 0
PANORAMA, DISPARITY, SEVERAL_ANGLES = 0x020001, 0x020002, 0x020003


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def multi_picture(
    first: bytes, others: Sequence[tuple[int, bytes]], *, order: str = ">", kind: int = PRIMARY
) -> bytes:
    """A file of several pictures, with an index in the first. `others`: type and JPEG of each."""

    def index(places: Sequence[tuple[int, int, int]]) -> bytes:
        rows = b"".join(struct.pack(f"{order}IIIHH", *place, 0, 0) for place in places)
        fields = (
            struct.pack(f"{order}HHI4s", 0xB000, 7, 4, b"0100")
            + struct.pack(f"{order}HHII", 0xB001, 4, 1, len(places))
            + struct.pack(f"{order}HHII", 0xB002, 7, len(rows), 50)
        )
        start = b"MM\0*" if order == ">" else b"II*\0"
        header = start + struct.pack(f"{order}IH", 8, 3)
        return segment(0xE2, b"MPF\0" + header + fields + bytes(4) + rows)

    size = len(first) + len(index([(0, 0, 0)] * (1 + len(others))))
    places, at = [(kind, size, 0)], size
    for other, jpeg in others:
        places.append((other, len(jpeg), at - 10))  # relative to the index's header
        at += len(jpeg)
    return first[:2] + index(places) + first[2:] + b"".join(jpeg for _, jpeg in others)


def empty_scans(count: int, *, width: int, height: int, hiding: bytes = b"") -> bytes:
    """A grey progressive JPEG of empty scans, with one restart in each. `hiding` is put behind the
    first."""

    def table(kind: int) -> bytes:
        return segment(0xC4, bytes([kind << 4, 1, *[0] * 15, 0]))

    def scan(first: int, last: int, low: int) -> bytes:
        return segment(0xDA, bytes([1, 1, 0, first, last, low]))

    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0]))
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + bytes([1]) * 64)
        + frame
        + table(0)
        + table(1)
        + segment(0xDD, struct.pack(">H", width // 8 * (height // 8) // 2))
        + scan(0, 0, 1)
        + hiding
        + (scan(1, 63, 0) + b"\0") * count
        + b"\xff\xd9"
    )
