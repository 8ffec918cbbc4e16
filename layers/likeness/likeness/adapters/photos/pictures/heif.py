"""Read the items of a HEIC file without decoding them (ISO/IEC 14496-12 and 23008-12).

The picture of a HEIC file is one of its items. It may be derived from others: a grid of tiles, an
overlay, an identity. The decoder draws every item that a derived item names, as often as it is
named, and it decodes an item before it crops it. So the coded size of each item counts, and the sum
of what the picture is made of.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from likeness.domain.photos.picture import Limits

# A grid of tiles costs its tiles and its canvas; transparency doubles both.
MAX_WORK = 4  # pictures of the most pixels that an upload may have

# The types that libheif 1.23 reads as images (context.cc, item_type_is_image), but `tmap`: it is
# the primary image with its gain map applied, and not decoded.
_IMAGES = frozenset(
    (b"hvc1", b"av01", b"avc1", b"vvc1", b"jpeg", b"j2k1", b"unci", b"mski")
    + (b"grid", b"iovl", b"iden", b"tili")
)


def check_heif(data: bytes, limits: Limits) -> None:
    """Raise Refused if it is not one still picture, or costs more to decode than it may.

    Bytes behind the last whole box are ignored, as by other readers: no item is there. The
    decoder refuses a file whose item is cut off.
    """
    metas = []
    for name, body in _boxes(memoryview(data), whole=False):
        if name == b"moov":  # a sequence; still photos have only items
            raise Refused(Reason.FILE_ANIMATED)
        if name == b"meta":
            metas.append(body)
    if len(metas) != 1:
        raise Refused(Reason.FILE_CORRUPT)
    try:
        _Items(metas[0][4:]).check(limits)
    except (LookupError, RecursionError, ValueError, struct.error) as error:
        raise Refused(Reason.FILE_CORRUPT) from error


class _Items:
    """The image items: which are shown, how large they are, and what they are made of."""

    def __init__(self, meta: memoryview) -> None:
        boxes = defaultdict(list)
        for name, body in _boxes(meta):
            boxes[name].append(body)
        (info,), (properties,), (primary,) = boxes[b"iinf"], boxes[b"iprp"], boxes[b"pitm"]
        self.primary = int.from_bytes(primary[4:])
        self.shown: dict[int, bool] = dict(_images(info))
        self.pixels = _pixels(properties)
        self.made_of: dict[int, list[int]] = defaultdict(list)  # inputs, and transparency
        self.supporting: set[int] = set()  # no view of its own
        for kind, source, targets in chain.from_iterable(map(_references, boxes[b"iref"])):
            match kind:
                case b"dimg":
                    self.made_of[source] += targets
                    self.supporting.update(targets)
                case b"auxl":  # transparency, depth, a matte: the decoder blends the first
                    self.supporting.add(source)
                    for target in targets:
                        self.made_of[target] += [source] if source in self.pixels else []
                case b"thmb":
                    self.supporting.add(source)

    def check(self, limits: Limits) -> None:
        largest = max(self.pixels.get(item, 0) for item in self.shown)
        if largest > limits.max_pixels or self._work() > MAX_WORK * limits.max_pixels:
            raise Refused(Reason.FILE_TOO_MANY_PIXELS)
        views = {item for item, shown in self.shown.items() if shown} - self.supporting
        if len(views | {self.primary}) > 1:
            raise Refused(Reason.FILE_ANIMATED)

    def _work(self) -> int:
        """Return the pixels that are decoded or drawn for the primary image."""
        known: dict[int, int] = {}

        def work(item: int, within: frozenset[int]) -> int:
            if item in within:  # it is made of itself
                raise Refused(Reason.FILE_CORRUPT)
            if item not in known:
                parts = (work(part, within | {item}) for part in self.made_of[item])
                known[item] = self.pixels[item] + sum(parts)
            return known[item]

        return work(self.primary, frozenset())


def _boxes(data: memoryview, *, whole: bool = True) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the name and content of each box. `whole`: nothing else may be there."""
    at = 0
    while at + 8 <= len(data):
        size, name, header = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:  # to the end
            size = len(data) - at
        if size < header or at + size > len(data):
            break
        yield name, data[at + header : at + size]
        at += size
    if whole and at < len(data):
        raise Refused(Reason.FILE_CORRUPT)


def _images(info: memoryview) -> Iterator[tuple[int, bool]]:
    """Yield each image item, and whether it is shown (not hidden)."""
    for name, entry in _boxes(info[6 if info[0] == 0 else 8 :]):
        version = entry[0]
        if name == b"infe" and version >= 2:  # earlier versions have no type
            item, kind = struct.unpack_from(">H2x4s" if version == 2 else ">I2x4s", entry, 4)
            if kind in _IMAGES:
                yield item, not entry[3] & 1


def _pixels(properties: memoryview) -> dict[int, int]:
    """Return the coded size of each item, in pixels: `ispe`, which the decoder holds it to."""
    sizes, pixels = [], dict[int, int]()
    for name, body in _boxes(properties):
        if name == b"ipco":
            for kind, prop in _boxes(body):
                width, height = struct.unpack_from(">4xII", prop) if kind == b"ispe" else (0, 0)
                sizes.append(width * height)
    for name, body in _boxes(properties):
        if name == b"ipma":
            for item, index in _associations(body):
                if index:  # 0: none
                    pixels[item] = max(pixels.get(item, 0), sizes[index - 1])
    return pixels


def _associations(body: memoryview) -> Iterator[tuple[int, int]]:
    """Yield each item with the number of each of its properties, from 1."""
    wide = body[3] & 1
    entry = struct.Struct(">HB" if body[0] == 0 else ">IB")
    (entries,) = struct.unpack_from(">I", body, 4)
    at = 8
    for _ in range(entries):
        item, count = entry.unpack_from(body, at)
        at += entry.size
        for number in struct.unpack_from(f">{count}{'H' if wide else 'B'}", body, at):
            yield item, number & (0x7FFF if wide else 0x7F)
        at += count * (2 if wide else 1)


def _references(body: memoryview) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    number = "H" if body[0] == 0 else "I"
    for kind, reference in _boxes(body[4:]):
        source, count = struct.unpack_from(f">{number}H", reference)
        targets = struct.unpack_from(f">{count}{number}", reference, struct.calcsize(f">{number}H"))
        yield kind, source, targets
