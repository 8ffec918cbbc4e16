"""Normalise an upload: the result is safe for all later steps."""

import hashlib
import io
import struct
import warnings
from typing import Final

import pillow_heif
from PIL import Image, MpoImagePlugin

from likeness.adapters.photos.pictures.colour import opaque, to_srgb
from likeness.adapters.photos.pictures.containers import Kind, check_container, kind_of
from likeness.adapters.photos.pictures.copies import fingerprint
from likeness.domain.photos.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused

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

_MPF_START, _MPF_ENTRIES, _MPF_THUMBNAIL = b"MPF\0", 0xB002, "Large Thumbnail"
_GAIN_MAPS = (b"hdrgm:", b"HDRGainMap", b"hdrgainmap", b"urn:iso:std:iso:ts:21496")
_GAIN_MAP_HEADER = 64 * 1024  # bytes of a second image that contain its type


def normalise(data: bytes, *, declared_type: str, limits: Limits = LIMITS) -> NormalisedPhoto:
    """Decode an upload within limits and encode it again: upright, sRGB, small, only pixels.

    Raises Refused, with a reason, unless it is one still picture of the declared type.
    """
    if len(data) > limits.max_bytes:
        raise Refused(Reason.FILE_TOO_LARGE)
    if not data:
        raise Refused(Reason.FILE_CORRUPT)
    kind = kind_of(data)
    if kind is None or declared_type not in kind.content_types:
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
            if size := check_container(kind, data):
                _check_size(*size, limits)
            image = Image.open(io.BytesIO(data), formats=(kind,))
            _check_size(*image.size, limits)
            _check_single(image, data)
            share = limits.long_side * _DRAFT_SHARE / max(image.size)
            image.draft(None, (round(image.width * share), round(image.height * share)))
            orientation = _orientation(image)
            image.load()
        except Refused:
            raise
        except Image.DecompressionBombError as error:
            raise Refused(Reason.FILE_TOO_MANY_PIXELS) from error
        except Exception as error:
            raise Refused(Reason.FILE_CORRUPT) from error
    return image, orientation


def _check_size(width: int, height: int, limits: Limits) -> None:
    longer, shorter = max(width, height), min(width, height)
    if width * height > limits.max_pixels or longer > limits.max_side:
        raise Refused(Reason.FILE_TOO_MANY_PIXELS)
    if shorter * min(1.0, limits.long_side / longer) < limits.short_side:
        raise Refused(Reason.QUALITY_TOO_SMALL)


def _check_single(image: Image.Image, data: bytes) -> None:
    frames = getattr(image, "n_frames", 1)
    if isinstance(image, MpoImagePlugin.MpoImageFile):
        frames -= _auxiliary(image, data)
    if frames > 1:
        raise Refused(Reason.FILE_ANIMATED)


def _auxiliary(image: MpoImagePlugin.MpoImageFile, data: bytes) -> int:
    """Count the images of a multi-picture file that only support its first: previews, gain maps.

    Phones append an HDR gain map to nearly every JPEG, so a second image is not a second view.
    """
    _, *others = (image.mpinfo or {})[_MPF_ENTRIES]
    start = data.index(_MPF_START) + len(_MPF_START)  # the entries' offsets are relative to this
    count = 0
    for entry in others:
        at = start + entry["DataOffset"]
        header = data[at : at + _GAIN_MAP_HEADER]
        preview = entry["Attribute"]["MPType"].startswith(_MPF_THUMBNAIL)
        count += preview or any(marker in header for marker in _GAIN_MAPS)
    return count


def _orientation(image: Image.Image) -> int:
    """Return 1 to 8 as in EXIF. The HEIF plugin applies the container's rotation and returns 1."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except _BROKEN_EXIF:
        return 1


def _shrink(image: Image.Image, limits: Limits) -> Image.Image:
    if image.mode in {"P", "PA", "1"}:  # palette entries cannot be averaged
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
