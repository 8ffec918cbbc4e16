"""Builds HEIC files of chosen items, as ISO/IEC 14496-12 and 23008-12 describe them."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from tests.unit.photos import picture_files as files


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def ispe(width: int, height: int) -> bytes:
    return full(b"ispe", 0, 0, struct.pack(">II", width, height))


def clap(width: int, height: int) -> bytes:
    return box(b"clap", struct.pack(">8I", width, 1, height, 1, 0, 1, 0, 1))


def auxiliary(kind: bytes) -> bytes:
    return full(b"auxC", 0, 0, kind + b"\0")


ALPHA = auxiliary(b"urn:mpeg:hevc:2015:auxid:1")


@dataclass(frozen=True)
class Item:
    kind: bytes
    data: bytes
    properties: Sequence[bytes]
    hidden: bool = False
    references: Sequence[tuple[bytes, Sequence[int]]] = ()


def coded(image: Image.Image, *others: bytes, hidden: bool = False, **options) -> Item:
    """An item with the picture that pillow-heif encodes. `others` are further properties."""
    data = files.encode(image, "HEIF", **options)
    config = data.index(b"hvcC") - 4
    config_end = config + int.from_bytes(data[config : config + 4])
    pixels = data[data.index(b"mdat") + 4 :]
    properties = (ispe(*image.size), data[config:config_end], *others)
    return Item(b"hvc1", pixels, properties, hidden)


def derived(
    kind: bytes, size: tuple[int, int], inputs: Sequence[int], data: bytes, **options
) -> Item:
    return Item(kind, data, (ispe(*size),), references=((b"dimg", inputs),), **options)


def grid(rows: int, columns: int, size: tuple[int, int], inputs: Sequence[int]) -> Item:
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    return derived(b"grid", size, inputs, data)


def overlay(size: tuple[int, int], inputs: Sequence[int]) -> Item:
    data = struct.pack(">BB8sHH", 0, 0, b"\xff" * 8, *size) + struct.pack(">hh", 0, 0) * len(inputs)
    return derived(b"iovl", size, inputs, data)


def supporting(item: Item, kind: bytes, target: int) -> Item:
    """The item as preview (`thmb`) or auxiliary picture (`auxl`) of another."""
    return Item(item.kind, item.data, item.properties, item.hidden, ((kind, [target]),))


def heic(*items: Item, primary: int = 1) -> bytes:
    """A file of the items, which are numbered from 1."""
    numbered = list(enumerate(items, 1))
    entries = [
        full(b"infe", 2, int(item.hidden), struct.pack(">HH", number, 0), item.kind, b"\0")
        for number, item in numbered
    ]
    properties = [one for item in items for one in item.properties]
    links, index = b"", 0
    for number, item in numbered:
        links += struct.pack(">HB", number, len(item.properties))
        for _ in item.properties:
            index += 1
            links += struct.pack(">H", index)
    references = [
        box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
        for number, item in numbered
        for kind, to in item.references
    ]

    def meta(start: int) -> bytes:
        places = b""
        for number, item in numbered:
            places += struct.pack(">HHHHII", number, 0, 0, 1, start, len(item.data))
            start += len(item.data)
        return full(
            b"meta",
            0,
            0,
            full(b"hdlr", 0, 0, b"\0\0\0\0pict", bytes(13)),
            full(b"pitm", 0, 0, struct.pack(">H", primary)),
            full(b"iloc", 1, 0, struct.pack(">HH", 0x4400, len(items)), places),
            full(b"iinf", 0, 0, struct.pack(">H", len(items)), *entries),
            full(b"iref", 0, 0, *references),
            box(
                b"iprp",
                box(b"ipco", *properties),
                full(b"ipma", 0, 1, struct.pack(">I", len(items)), links),
            ),
        )

    start = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    head = start + meta(len(start) + len(meta(0)) + 8)
    return head + box(b"mdat", *(item.data for item in items))
