"""Smaller WebP copies of an avatar. The only adapter beside `pictures` that needs Pillow."""

from collections.abc import Iterable, Mapping
from io import BytesIO

from PIL import Image

QUALITY = 85
METHOD = 4  # of 0 (fast) to 6 (small)


def scaled(png: bytes, sides: Iterable[int], *, xmp: bytes = b"") -> Mapping[int, bytes]:
    """WebP files by their side in px, with that metadata and no other.

    Takes a PNG that `png.only_pixels` made.
    """
    with Image.open(BytesIO(png), formats=["PNG"]) as picture:
        return {side: _webp(picture, side, xmp) for side in sides}


def _webp(picture: Image.Image, side: int, xmp: bytes) -> bytes:
    file = BytesIO()
    picture.resize((side, side), Image.Resampling.LANCZOS).save(
        file, "WEBP", quality=QUALITY, method=METHOD, xmp=xmp
    )
    return file.getvalue()
