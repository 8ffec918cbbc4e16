"""Normalise an upload: the result is safe for all later steps. Call it through the fence only."""

import hashlib
import io
import struct
import warnings
from typing import Final

import pillow_heif
from PIL import Image, JpegImagePlugin

from likeness.adapters.photos.pictures.colour import opaque, to_srgb
from likeness.adapters.photos.pictures.containers import Kind, check_container, kind_of
from likeness.adapters.photos.pictures.copies import fingerprint
from likeness.adapters.photos.pictures.size import check_size
from likeness.domain.photos.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused

Image.preinit()  # imports the decoders here, not again in each child of the fence

# Only the picture itself is decoded: no depth map, auxiliary image or thumbnail.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

# A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size at a fraction of the cost. This share of the
# target's long side is sufficient, so that 12 MP (4000 px) are decoded at 2000 px.
_DRAFT_SHARE = 15 / 16

_JPEG_QUALITY = 92

_ORIENTATION_TAG = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BROKEN_EXIF = (
    ArithmeticError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def normalise(data: bytes, *, limits: Limits = LIMITS) -> NormalisedPhoto:
    """Decode an upload within limits and encode it again: upright, sRGB, small, only pixels.

    Raises Refused, with a reason, unless it is one still picture of an accepted kind. The content
    decides about the kind: phones and messengers often declare another one.
    """
    if len(data) > limits.max_bytes:
        raise Refused(Reason.FILE_TOO_LARGE)
    if not data:
        raise Refused(Reason.FILE_CORRUPT)
    kind = kind_of(data)
    if kind is None:
        raise Refused(Reason.FILE_TYPE)
    image, orientation = _decode(data, kind, limits)
    picture = _shrink(image, limits)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    picture = to_srgb(picture, image.info.get("icc_profile"))
    jpeg = _encode(picture)
    return NormalisedPhoto(
        jpeg=jpeg,
        width=picture.width,
        height=picture.height,
        fingerprint=fingerprint(picture),
        sha256=hashlib.sha256(jpeg).hexdigest(),
    )


def _decode(data: bytes, kind: Kind, limits: Limits) -> tuple[Image.Image, int]:
    """Return the decoded picture, not yet upright, and its EXIF orientation.

    Every exception of a decoder becomes Refused: a user's file must not cause another error.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # decoders warn about harmless defects
        try:
            check_container(kind, data, limits)
            image = _open(data, kind)
            check_size(*image.size, limits)
            if kind in {Kind.PNG, Kind.WEBP} and getattr(image, "n_frames", 1) > 1:
                raise Refused(Reason.FILE_ANIMATED)
            if kind is Kind.JPEG:
                share = limits.long_side * _DRAFT_SHARE / max(image.size)
                image.draft(None, (round(image.width * share), round(image.height * share)))
            image.load()  # before the EXIF: reading that loads a PNG too, and hides the error
            orientation = _orientation(image)
        except Refused:
            raise
        except Image.DecompressionBombError as error:
            raise Refused(Reason.FILE_TOO_MANY_PIXELS) from error
        except Exception as error:
            raise Refused(Reason.FILE_CORRUPT) from error
    return image, orientation


def _open(data: bytes, kind: Kind) -> Image.Image:
    """Open with the decoder of that kind. Of a JPEG, only the first picture is opened."""
    file = io.BytesIO(data)
    if kind is Kind.JPEG:
        return JpegImagePlugin.JpegImageFile(file)
    return Image.open(file, formats=(kind,))


def _orientation(image: Image.Image) -> int:
    """Return 1 to 8 as in EXIF. The HEIF plugin applies the container's rotation and returns 1."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except _BROKEN_EXIF:
        return 1


def _shrink(image: Image.Image, limits: Limits) -> Image.Image:
    # Neither palette entries nor the one value that is transparent can be averaged.
    if image.mode in {"P", "PA", "1"} or "transparency" in image.info:
        image = opaque(image)
    scale = limits.long_side / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return opaque(image)


def _encode(picture: Image.Image) -> bytes:
    """Encode a baseline JPEG at full colour resolution, because faces are enlarged later."""
    picture.info.clear()  # otherwise Pillow writes comment, profile and density
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling="4:4:4")
    return file.getvalue()
