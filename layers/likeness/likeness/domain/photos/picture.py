"""What a photo must be before anything looks at what is in it, and what is kept of it then."""

from pydantic import Field

from likeness.domain.photos.photo import Fingerprint
from likeness.domain.record import Record

MIB = 2**20


class Limits(Record):
    """Bounds of an upload. The hints of FILE.TOO_LARGE and FILE.TOO_MANY_PIXELS name them too."""

    max_bytes: int = Field(default=20 * MIB, description="the presigned POST's bound as well")
    max_pixels: int = Field(default=50_000_000, description="48 MP phones pass, 100 MP do not")
    max_side: int = Field(default=20_000, description="px, before scaling; a panorama passes")
    long_side: int = Field(default=2048, description="px of what is kept, at most")
    short_side: int = Field(
        default=512, description="px of what is kept, at least: half an avatar's side"
    )


LIMITS = Limits()


class NormalisedPhoto(Record):
    """An upload made safe: a baseline JPEG, upright, sRGB, with nothing in it but pixels."""

    jpeg: bytes = Field(repr=False)
    width: int
    height: int
    fingerprint: Fingerprint
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the JPEG")
