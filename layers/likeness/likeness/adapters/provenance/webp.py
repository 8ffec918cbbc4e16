"""Smaller WebP copies of an avatar. Other users of Pillow: `placeholders` and `pictures`."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUALITY = 85
METHOD = 4  # of 0 (fast) to 6 (small)


def scaled(png: bytes, sides: Iterable[int], *, xmp: bytes = b"") -> Mapping[int, bytes]:
    """Return WebP files by side in px, with no metadata but `xmp`.

    Accepts a PNG of `png.only_pixels`.
    """
    with Image.open(BytesIO(png), formats=["PNG"]) as picture:
        return {side: _webp(picture, side, xmp) for side in sides}


def _webp(picture: Image.Image, side: int, xmp: bytes) -> bytes:
    file = BytesIO()
    picture.resize((side, side), Image.Resampling.LANCZOS).save(
        file, "WEBP", quality=QUALITY, method=METHOD, xmp=xmp
    )
    return file.getvalue()
