"""Limits of an upload, and the normalised photo that is made of it."""

from pydantic import Field

from likeness.domain.photos.photo import Fingerprint
from likeness.domain.record import Record

MIB = 2**20


class Limits(Record):
    """Limits of an upload. The hints of FILE.TOO_LARGE and FILE.TOO_MANY_PIXELS name them too."""

    max_bytes: int = Field(default=20 * MIB, description="also the limit of the presigned POST")
    max_pixels: int = Field(default=50_000_000, description="48 MP phones pass, 100 MP do not")
    max_side: int = Field(default=20_000, description="px, before scaling")
    long_side: int = Field(default=2048, description="px, maximum of the normalised photo")
    short_side: int = Field(
        default=512, description="px, minimum of the normalised photo: half an avatar's side"
    )
    decode_seconds: int = Field(default=20, description="of processor time")
    decode_within: int = Field(default=40, description="seconds; a function has 60")
    decode_bytes: int = Field(default=1200 * MIB, description="of memory that the decoder takes")


LIMITS = Limits()


class NormalisedPhoto(Record):
    """A sanitised upload: a baseline JPEG, upright, sRGB, without metadata."""

    jpeg: bytes = Field(repr=False)
    width: int
    height: int
    fingerprint: Fingerprint
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the JPEG")
