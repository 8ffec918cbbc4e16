"""Builds uploads from a few pixels: every format, unusual variants, and attacks."""

import io
import struct
import zlib

import pillow_heif
from PIL import Image, ImageDraw, ImageFilter

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, GREY = (200, 40, 40), (40, 160, 60), (40, 60, 200), (120, 120, 120)
QUADRANTS = {
    ("top", "left"): RED,
    ("top", "right"): GREEN,
    ("bottom", "left"): BLUE,
    ("bottom", "right"): GREY,
}

# The first row and first column of the stored picture, in the upright picture (EXIF 2.32).
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
_OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}


def encode(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def quadrants(width: int = 640, height: int = 960) -> Image.Image:
    """Four colours, so that every rotation and mirroring is visible."""
    return stored_quadrants(1, width, height)


def stored_quadrants(orientation: int, width: int = 640, height: int = 960) -> Image.Image:
    """The quadrants as stored in a file with that orientation; the size is the upright one."""
    first_row, first_column = ORIENTATIONS[orientation]
    if first_row in {"left", "right"}:
        width, height = height, width
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for row, row_side in enumerate((first_row, _OPPOSITE[first_row])):
        for column, column_side in enumerate((first_column, _OPPOSITE[first_column])):
            sides = {row_side, column_side}
            colour = next(c for place, c in QUADRANTS.items() if set(place) == sides)
            left, top = column * width // 2, row * height // 2
            draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image


def quadrant_colours(image: Image.Image) -> dict[tuple[str, str], tuple[int, ...]]:
    width, height = image.size
    return {
        (vertical, horizontal): image.getpixel(
            (
                width // 4 * (3 if horizontal == "right" else 1),
                height // 4 * (1 if vertical == "top" else 3),
            )
        )
        for vertical, horizontal in QUADRANTS
    }


def textured(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft blobs and edges, similar to a photo; deterministic for a seed."""
    image = Image.new("RGB", (width, height), (90, 110, 130))
    draw = ImageDraw.Draw(image)
    state = seed
    for _ in range(60):
        numbers = []
        for _ in range(7):
            state = (state * 1103515245 + 12345) % 2**31
            numbers.append(state / 2**31)
        x, y, w, h = (
            numbers[0] * width,
            numbers[1] * height,
            numbers[2] * width / 3,
            numbers[3] * height / 3,
        )
        draw.ellipse((x, y, x + w, y + h), fill=tuple(int(n * 255) for n in numbers[4:]))
    return image.filter(ImageFilter.GaussianBlur(min(width, height) / 200))


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(header: bytes, rows: bytes, *, before: bytes = b"") -> bytes:
    """A PNG of filtered rows, with other chunks before them."""
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    return start + before + pixels + png_chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises many pixels and whose body is tiny."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), bytes(100))


def webp_claiming(width: int, height: int) -> bytes:
    """An extended WebP whose canvas is far larger than the picture in it."""
    body = encode(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(extended) + len(body)) + b"WEBP" + extended + body


def jpeg_claiming(width: int, height: int) -> bytes:
    data = encode(Image.new("RGB", (16, 16)))
    frame = data.index(b"\xff\xc0") + 5
    return data[:frame] + struct.pack(">HH", height, width) + data[frame + 4 :]


def heic_claiming(width: int, height: int) -> bytes:
    data = encode(Image.new("RGB", (64, 64)), "HEIF")
    extents = data.index(b"ispe") + 8
    return data[:extents] + struct.pack(">II", width, height) + data[extents + 8 :]


def rgb_profile(
    red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...], gamma: float
) -> bytes:
    """A version 2 ICC profile from primaries (XYZ, adapted to D50) and one gamma."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(map(number, values))

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"text" + bytes(4) + b"none\0" + bytes(3)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(81)
    tags = {
        b"desc": name,
        b"cprt": text,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(*red),
        b"gXYZ": xyz(*green),
        b"bXYZ": xyz(*blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, bodies = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, body in tags.items():
        table += tag + struct.pack(">II", start + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    header = bytearray(128)
    header[0:4] = struct.pack(">I", start + len(bodies))
    header[8:12] = bytes((2, 0x40, 0, 0))
    header[12:24] = b"mntrRGB XYZ "
    header[36:40] = b"acsp"
    header[68:80] = number(0.9642) + number(1.0) + number(0.8249)
    return bytes(header) + table + bodies


ADOBE_RGB = rgb_profile(
    (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457), 2.2
)
DISPLAY_P3 = rgb_profile(
    (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407), 2.2
)
