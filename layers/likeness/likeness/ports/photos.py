"""Ports of photos: uploads, decoding, inspection and detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import AwareDatetime

from likeness.domain.ids import AvatarId, JobId, PhotoId
from likeness.domain.photos.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.record import Record
from likeness.domain.verdict import Label

if TYPE_CHECKING:
    from likeness.api.photos import PresignedPost
    from likeness.domain.photos.photo import ContentType, DetectedFace, Photo, UploadFolder
    from likeness.domain.photos.photo_hash import PhotoHashes


class Upload(Record):
    """An upload as S3 lists it."""

    photo_id: PhotoId
    etag: str
    uploaded_at: AwareDatetime | None


class Photos(Protocol):
    """The photos bucket: normalised photos in photos/{job}/, and users' files in `folder`."""

    def review_url(self, job_id: JobId, photo_id: PhotoId) -> str:
        """Return a presigned URL for a moderator, valid for one minute."""

    def presigned_post(
        self,
        job_id: JobId,
        photo_id: PhotoId,
        content_type: ContentType,
        *,
        folder: UploadFolder = "uploads",
    ) -> PresignedPost:
        """Return a presigned POST for one file of that type, valid for 15 minutes."""

    def uploads(self, job_id: JobId) -> list[Upload]: ...
    def read_upload(
        self, job_id: JobId, photo_id: PhotoId, *, etag: str, folder: UploadFolder = "uploads"
    ) -> bytes:
        """Return the bytes with that ETag. Raises NotFound if they are gone or were replaced."""

    def delete_upload(
        self, job_id: JobId, photo_id: PhotoId, *, folder: UploadFolder = "uploads"
    ) -> None: ...
    def store(self, job_id: JobId, photo_id: PhotoId, jpeg: bytes) -> None: ...
    def read(self, job_id: JobId, photo_id: PhotoId) -> bytes:
        """Return the normalised photo. Raises NotFound."""

    def delete(self, job_id: JobId, photo_id: PhotoId) -> None: ...


class Pictures(Protocol):
    """Decodes pictures. No other code decodes bytes that came from a user."""

    def normalise(self, data: bytes, *, limits: Limits = LIMITS) -> NormalisedPhoto:
        """Raises Refused, with a reason, unless it is one still picture of an accepted kind.

        The content decides about the kind. Returns or raises within `limits`, for any bytes.
        """

    def hashes(self, jpeg: bytes) -> PhotoHashes:
        """Return the PDQ hashes of a normalised photo."""

    def placeholder(self, data: bytes) -> NormalisedPhoto:
        """Return a picture of ours for the upload of a test job, with a checksum of the upload."""

    def content_type(self, data: bytes) -> str | None:
        """Return the type that the first bytes show; None if it is not accepted."""

    def same_picture(self, one: bytes, other: bytes) -> bool:
        """Return whether one normalised photo is a near-exact copy of the other."""


class Inspections(Protocol):
    def request(self, job_id: JobId, upload: Upload) -> None:
        """Request the inspection of an upload whose S3 event was lost. Returns before it ran."""


class DetectedLabels(Record):
    labels: tuple[Label, ...]
    detector_version: str


class Detector(Protocol):
    """Rekognition on pictures in our buckets. All confidences are in percent.

    Raises NotFound if the picture is missing, Invalid if it cannot be read.
    """

    def faces(self, job_id: JobId, photo_id: PhotoId) -> list[DetectedFace]:
        """Return the faces, largest first."""

    def labels(
        self, job_id: JobId, photo_id: PhotoId, *, min_confidence: float
    ) -> DetectedLabels: ...
    def celebrities(self, job_id: JobId, photo_id: PhotoId) -> list[float]:
        """Return the confidence of each match, without names: no rule needs them."""

    def similarity(self, photo: Photo, other: Photo) -> float | None:
        """Return the similarity of the main faces of two photos, in percent; None for no match.

        Raises Invalid if the detector finds no face in one of them.
        """

    def avatar_labels(
        self, job_id: JobId, attempt: int, avatar_id: AvatarId, *, min_confidence: float
    ) -> DetectedLabels: ...
