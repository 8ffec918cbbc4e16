"""A photo the user hands in, and what was found in it. Never the picture itself."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, PhotoIdField
from likeness.domain.moderation import Verdict
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]


class Box(Record):
    """A rectangle as ratios of the upright picture's width and height, from its top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


class PhotoProblem(Record):
    """Why a photo cannot be used, where in it, and which other photo it repeats."""

    reason: Reason
    box: Box | None = None
    other: PhotoIdField | None = None


class PhotoState(StrEnum):
    AWAITED = "awaited"  # a form was given, nothing has been inspected
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Fingerprint(Record):
    """What stays of a photo to recognise its near-exact copies: a 64-bit perceptual hash."""

    perceptual: str = Field(pattern=r"^[0-9a-f]{16}$")


class Photo(Record):
    """One photo of a job, in the order in which its form was given."""

    job_id: JobIdField
    photo_id: PhotoIdField
    content_type: ContentType
    state: PhotoState = PhotoState.AWAITED
    etag: str | None = Field(default=None, description="of the upload that was inspected")
    uploaded_at: AwareDatetime | None = Field(default=None, description="as S3 told it")
    inspected_at: AwareDatetime | None = None
    width: int | None = Field(default=None, description="px, of the normalised photo")
    height: int | None = None
    face: Box | None = None
    fingerprint: Fingerprint | None = None
    sha256: str | None = Field(
        default=None, description="of the normalised JPEG, until a refused photo is gone"
    )
    hmac: str | None = Field(
        default=None, description="of a refused photo that is gone: a keyed hash of that sum"
    )
    problem: PhotoProblem | None = None
    verdict: Verdict | None = Field(default=None, description="moderation's, after submit")
