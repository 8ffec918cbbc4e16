"""The pictures of test jobs, marked TEST: nothing in them comes from a user."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from likeness.adapters.policy_files import load_preview
from likeness.domain.photos.photo import Fingerprint
from likeness.domain.photos.picture import NormalisedPhoto

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from likeness.domain.ids import AvatarId, StyleId

SIDE = 256  # px on which everything is drawn, as of the smaller previews
BAND = (0, 184, SIDE, 248)
COLOURS = 64
PHOTO_SIDE = 512  # px, the smallest that a normalised photo has


def photo(upload: bytes) -> NormalisedPhoto:
    """Return a grey square in place of an upload, with a checksum of the upload.

    The checksum is no photo's: an exonerated upload of a test says nothing about a real photo.
    """
    sha256 = hashlib.sha256(b"test upload\0" + upload).hexdigest()
    square = _marked(Image.new("RGB", (SIDE, SIDE), "grey"), "TEST photo")
    file = io.BytesIO()
    square.resize((PHOTO_SIDE, PHOTO_SIDE)).save(file, "JPEG")
    return NormalisedPhoto(
        jpeg=file.getvalue(),
        width=PHOTO_SIDE,
        height=PHOTO_SIDE,
        fingerprint=Fingerprint(perceptual=sha256[:16]),
        sha256=sha256,
    )


def avatar(
    style: StyleId, avatar_id: AvatarId, *, png_side: int, webp_sides: Iterable[int]
) -> tuple[bytes, Mapping[int, bytes]]:
    """Return the style's preview with the avatar's id: a PNG, and WebP by side in px.

    Few colours and hard edges: a file has tens of kilobytes and is written in milliseconds.
    """
    with Image.open(io.BytesIO(load_preview(style, str(SIDE))), formats=["WEBP"]) as preview:
        picture = _marked(preview.convert("RGB"), f"TEST {avatar_id}")
    few = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    png = io.BytesIO()
    few.resize((png_side, png_side), Image.Resampling.NEAREST).save(png, "PNG", compress_level=1)
    return png.getvalue(), {side: _webp(picture, side) for side in webp_sides}


def _webp(picture: Image.Image, side: int) -> bytes:
    file = io.BytesIO()
    picture.resize((side, side)).save(file, "WEBP", quality=60, method=0)
    return file.getvalue()


def _marked(picture: Image.Image, text: str) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    draw.rectangle(BAND, fill="black")
    middle = ((BAND[0] + BAND[2]) / 2, (BAND[1] + BAND[3]) / 2)
    draw.text(middle, text, fill="white", font=ImageFont.load_default(44), anchor="mm")
    return picture
