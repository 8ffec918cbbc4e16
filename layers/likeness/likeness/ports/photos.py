"""Ports of photos: uploads, decoding, inspection and detection."""

from typing import Protocol

from likeness.api.app import PresignedPost
from likeness.domain.generation.avatar import Avatar
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.moderation import Label
from likeness.domain.photos.face import DetectedFace
from likeness.domain.photos.photo import ContentType
from likeness.domain.photos.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.record import Record


class Upload(Record):
    """What S3 says of an upload."""

    photo_id: PhotoId
    etag: str
    size: int


class Photos(Protocol):
    """The photos bucket: uploads/{job}/{photo}, appeals/{job}/{photo}, photos/{job}/{photo}.jpg."""

    def review_url(self, job_id: JobId, photo_id: PhotoId) -> str:
        """A link for a moderator, that lives a minute."""
        ...

    def presigned_post(
        self, job_id: JobId, photo_id: PhotoId, content_type: ContentType
    ) -> PresignedPost: ...
    def uploads(self, job_id: JobId) -> list[Upload]: ...
    def read_upload(self, job_id: JobId, photo_id: PhotoId, *, etag: str) -> bytes:
        """The very bytes of that ETag. NotFound where they are gone or were replaced."""
        ...

    def delete_upload(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def keep(self, job_id: JobId, photo_id: PhotoId, jpeg: bytes) -> None: ...
    def read(self, job_id: JobId, photo_id: PhotoId) -> bytes:
        """A photo that was kept. NotFound where there is none."""
        ...

    def drop(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def appeal_presigned_post(
        self, job_id: JobId, photo_id: PhotoId, content_type: ContentType
    ) -> PresignedPost:
        """As `form`, for the same file once more."""
        ...

    def read_appeal(self, job_id: JobId, photo_id: PhotoId, *, etag: str) -> bytes:
        """As `read_upload`."""
        ...

    def delete_appeal(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def purge(self, job_id: JobId) -> int:
        """Delete every upload and photo of the job, then list: NotDeleted where one is left.

        Answers how many objects there were.
        """
        ...


class Pictures(Protocol):
    """What the bytes of a picture say. Only its adapter ever decodes them."""

    def normalise(
        self, data: bytes, *, declared_type: str, limits: Limits = LIMITS
    ) -> NormalisedPhoto:
        """Refused, with its reason, where that is not one still picture of that type."""
        ...

    def same_picture(self, one: bytes, other: bytes) -> bool:
        """Is one normalised photo a near-exact copy of the other?"""
        ...


class Inspections(Protocol):
    def ask_again(self, job_id: JobId, upload: Upload) -> None:
        """Have an upload inspected whose event was lost."""
        ...


class DetectedLabels(Record):
    labels: tuple[Label, ...]
    detector_version: str


class Detector(Protocol):
    """Rekognition, on pictures in our buckets. Raises Unavailable when it is throttled or down."""

    def faces(self, job_id: JobId, photo_id: PhotoId) -> list[DetectedFace]:
        """Largest first."""
        ...

    def labels(
        self, job_id: JobId, photo_id: PhotoId, *, min_confidence: float
    ) -> DetectedLabels: ...
    def celebrities(self, job_id: JobId, photo_id: PhotoId) -> list[float]:
        """Confidence of each match, in percent. No names: nobody needs them."""
        ...

    def similarity(self, job_id: JobId, photo_id: PhotoId, other: PhotoId) -> float | None:
        """How alike the largest faces of two photos are, in percent; None below any threshold.

        Invalid where the detector finds no face in one of them.
        """
        ...

    def avatar_labels(self, avatar: Avatar, *, min_confidence: float) -> DetectedLabels: ...
