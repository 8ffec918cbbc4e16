"""Reads a request's picture, within Rekognition's limits and no larger than the models need."""

import base64
import binascii
import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image as Pillow, ImageOps, UnidentifiedImageError

from laptop_cloud.rekognition.errors import Refused, invalid_parameters, not_valid
from laptop_cloud.rekognition.vision import Image

MAX_BYTES = 5 * 1024 * 1024
MAX_BYTES_FROM_S3 = 15 * 1024 * 1024
MIN_SIDE, MAX_SIDE = 80, 10_000
# A detector searches at about 1024 px; other models read 64 to 224 px of a face.
WORKING_SIDE = 1600
_SIDES = f"an image's sides must be {MIN_SIDE} to {MAX_SIDE} pixels"


def read_image(request: Mapping[str, Any], member: str) -> Image:
    """The picture of a member such as `Image`, upright RGB, at most WORKING_SIDE px."""
    return decode(read_content(request, member))


def decode(content: bytes) -> Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bad metadata, and of sizes that are allowed here
            with Pillow.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
                _check_sides(picture)
                # A JPEG is decoded at a half, a quarter or an eighth where that is large enough.
                picture.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
                return _pixels(picture)
    except Pillow.DecompressionBombError as error:
        raise invalid_parameters(f"{_SIDES}: this one has far too many") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Refused(
            "InvalidImageFormatException", "Request has invalid image format: not a PNG or JPEG"
        ) from error


def read_content(request: Mapping[str, Any], member: str) -> bytes:
    image = request.get(member)
    if not isinstance(image, dict):
        raise not_valid(None, member[0].lower() + member[1:], "not be null")
    encoded, in_s3 = image.get("Bytes"), "S3Object" in image
    if encoded is None:
        if in_s3:
            raise Refused(
                "InvalidS3ObjectException",
                "Unable to get object metadata from S3. Check object key, region and/or access "
                "permissions.",
            )
        raise invalid_parameters(f"{member} has neither Bytes nor an S3Object")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Refused("SerializationException", f"{member}.Bytes is not base64") from error
    limit = MAX_BYTES_FROM_S3 if in_s3 else MAX_BYTES
    if len(content) > limit:
        raise Refused(
            "ImageTooLargeException",
            f"Request has invalid image size: {len(content)} bytes, and {limit} are the limit",
        )
    return content


def _check_sides(picture: Pillow.Image) -> None:
    """Before a pixel is decoded."""
    width, height = picture.size
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise invalid_parameters(f"{_SIDES}, not {width} x {height}")


def _pixels(picture: Pillow.Image) -> Image:
    if picture.mode.startswith("I"):  # 16-bit grey, which convert() would clip
        picture = Pillow.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Pillow.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(upright.convert("RGB"))
