"""A photo of a job, and the results of its inspection. Without the picture."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, PhotoIdField
from likeness.domain.moderation import Verdict
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]
UploadFolder = Literal["uploads", "appeals"]  # appeals: the same files, uploaded for an appeal


class Box(Record):
    """A rectangle. Ratios of the upright picture's width and height; origin at the top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


class DetectedFace(Record):
    """A face, as Rekognition reports it; None: not reported."""

    box: Box
    confidence: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    brightness: float | None = None
    sharpness: float | None = None
    age_low: int | None = None
    age_high: int | None = None
    sunglasses: float | None = None  # confidence, percent
    occluded: float | None = None


class PhotoProblem(Record):
    reason: Reason
    box: Box | None = None
    duplicate_of: PhotoIdField | None = None


class PhotoState(StrEnum):
    AWAITED = "awaited"  # a presigned POST was issued; not inspected yet
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LEFT_OUT = "left_out"  # after submission: not used, and deleted; the job goes on without it


class Fingerprint(Record):
    """A 64-bit perceptual hash. Remains after the photo is deleted, to recognise its copies."""

    perceptual: str = Field(pattern=r"^[0-9a-f]{16}$")

    def hamming_distance(self, other: "Fingerprint") -> int:
        """Returns how many of the 64 bits differ."""
        return (int(self.perceptual, 16) ^ int(other.perceptual, 16)).bit_count()


class Photo(Record):
    """One photo of a job. Ids follow the order of the presigned POSTs."""

    job_id: JobIdField
    photo_id: PhotoIdField
    content_type: ContentType
    state: PhotoState = PhotoState.AWAITED
    etag: str | None = Field(default=None, description="of the inspected upload")
    uploaded_at: AwareDatetime | None = Field(default=None, description="reported by S3")
    inspected_at: AwareDatetime | None = None
    width: int | None = Field(default=None, description="px, of the normalised photo")
    height: int | None = None
    face: Box | None = None
    fingerprint: Fingerprint | None = None
    sha256: str | None = Field(
        default=None,
        description="of the normalised JPEG; removed when a refused or left-out photo is deleted",
    )
    hmac: str | None = Field(
        default=None,
        description="of a photo whose refusal can be contested: HMAC of its SHA-256",
    )
    problem: PhotoProblem | None = None
    verdict: Verdict | None = Field(default=None, description="of moderation, after submission")
    left_out_at: AwareDatetime | None = None
