"""A photo of a job, and the results of its inspection. Without the picture."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from likeness.domain.ids import JobIdField, PhotoIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]
UploadFolder = Literal["uploads", "appeals"]  # appeals: the same files, uploaded for an appeal

# Two detectors' boxes of one face overlap by more, and those of two people by less.
SAME_FACE = 0.3


class Box(Record):
    """A rectangle. Ratios of the upright picture's width and height; origin at the top left.

    A face at the picture's edge may have a box that extends beyond it (Rekognition's API reference,
    BoundingBox): `left` and `top` may be negative, and the other sides above 1.
    """

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height

    def overlap(self, other: Box) -> float:
        """Intersection over union: 0 for none, 1 for equal boxes."""
        across = _shared(self.left, self.width, other.left, other.width)
        shared = across * _shared(self.top, self.height, other.top, other.height)
        return shared / (self.area + other.area - shared) if shared else 0.0

    def margin(self, around: Box) -> float:
        """The smallest distance to a side of the photo, in widths or heights of `around`.

        Negative: part of the box is outside the photo.
        """
        across = min(self.left, 1 - self.left - self.width) / around.width
        return min(across, min(self.top, 1 - self.top - self.height) / around.height)


def _shared(one: float, one_length: float, other: float, other_length: float) -> float:
    return max(0.0, min(one + one_length, other + other_length) - max(one, other))


def same_face(box: Box, faces: Sequence[Box]) -> int | None:
    """Returns the index of the face at `box`, or None if no face overlaps it enough."""
    overlaps = [box.overlap(face) for face in faces]
    best = max(overlaps, default=0.0)
    return overlaps.index(best) if best >= SAME_FACE else None


class DetectedFace(Record):
    """A face, as Rekognition reports it; None: not reported."""

    box: Box
    confidence: float
    landmarks: Box | None = None  # around the eyes, the nose and the corners of the mouth
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    brightness: float | None = None
    sharpness: float | None = None
    age_low: int | None = None
    age_high: int | None = None
    sunglasses: float | None = None  # confidence, percent
    occluded: float | None = None
    eyes_open: float | None = None
    mouth_open: float | None = None
    smile: float | None = None


class PhotoProblem(Record):
    reason: Reason
    box: Box | None = None
    duplicate_of: PhotoIdField | None = None


class PhotoState(StrEnum):
    AWAITED = "awaited"  # a presigned POST was issued; no upload was found yet
    CHECKING = "checking"  # its upload is being inspected, or the inspection was requested
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DELETED = "deleted"  # by the user, before submission
    LEFT_OUT = "left_out"  # after submission: not used, and deleted; the job goes on without it


NOT_STORED = frozenset({PhotoState.REFUSED, PhotoState.DELETED})  # by the end of its inspection


class InspectionLease(Record):
    """Who inspects an upload, and until when no other invocation may.

    An invocation ends before its lease does. A lease that expired after its inspection began
    shows that the invocation died and that nothing reported it.
    """

    owner: str | None = Field(description="the invocation that inspects; null: requested only")
    until: AwareDatetime
    begun: bool = Field(default=False, description="an invocation had or has this lease")


class Fingerprint(Record):
    """A 64-bit perceptual hash. Remains after the photo is deleted, to recognise its copies."""

    perceptual: str = Field(pattern=r"^[0-9a-f]{16}$")

    def hamming_distance(self, other: Fingerprint) -> int:
        """Returns how many of the 64 bits differ."""
        return (int(self.perceptual, 16) ^ int(other.perceptual, 16)).bit_count()


class Photo(Record):
    """One photo of a job. Ids follow the order of the presigned POSTs."""

    job_id: JobIdField
    photo_id: PhotoIdField
    content_type: ContentType
    state: PhotoState = PhotoState.AWAITED
    etag: str | None = Field(default=None, description="of the inspected upload")
    lease: InspectionLease | None = Field(default=None, description="while it is checked")
    uploaded_at: AwareDatetime | None = Field(default=None, description="reported by S3")
    inspected_at: AwareDatetime | None = None
    width: int | None = Field(default=None, description="px, of the normalised photo")
    height: int | None = None
    face: Box | None = Field(
        default=None, description="the main face: checked, moderated and drawn"
    )
    weight: float | None = Field(
        default=None, ge=0, le=1, description="how well it suits avatars; 0: eyes closed, a grimace"
    )
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

    def is_inspected(self, now: datetime) -> bool:
        """Whether an invocation inspects its upload now."""
        return self.lease is not None and self.lease.owner is not None and now < self.lease.until

    def awaited(self) -> Photo:
        """Returns the photo in the state in which its presigned POST was created."""
        return Photo(job_id=self.job_id, photo_id=self.photo_id, content_type=self.content_type)

    def deleted(self) -> Photo:
        """Returns the photo as the user deleted it: the receipt needs when its upload was read."""
        seen = {"etag": self.etag, "uploaded_at": self.uploaded_at}
        return self.awaited().model_copy(
            update={"state": PhotoState.DELETED, "inspected_at": self.inspected_at} | seen
        )

    def refused(self, problem: PhotoProblem, at: datetime) -> Photo:
        """Returns the photo with the verdict only: measurements are removed."""
        return self.awaited().model_copy(
            update={
                "state": PhotoState.REFUSED,
                "etag": self.etag,
                "inspected_at": at,
                "problem": problem,
            }
        )
