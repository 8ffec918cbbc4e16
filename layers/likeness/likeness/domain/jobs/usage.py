"""What a job used: for operators, never for the app. Units, because prices change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection

    from likeness.domain.photos.photo import Photo

EACH_PHOTO = 3  # labels, faces and celebrities: services/photos/moderate_photos.py


class Usage(Record):
    """Counted without retries: the bill can be higher, never lower."""

    engine: str | None = Field(default=None, description="of the last attempt")
    container_s: float = Field(
        default=0.0,
        ge=0,
        description="wall time of the container's work, of all attempts with a result; SageMaker "
        "bills a training job also for its start and its end",
    )
    detector_images: int = Field(default=0, ge=0, description="charged by the detector")

    def moderated(self, avatars: int, *, engine: str, seconds: float) -> Usage:
        """With an attempt: each of its avatars was one image of the detector."""
        return Usage(
            engine=engine,
            container_s=round(self.container_s + seconds, 1),
            detector_images=self.detector_images + avatars,
        )


def of_photos(photos: Collection[Photo]) -> Usage:
    """What was used before anything is drawn."""
    return Usage(detector_images=sum(map(inspected_images, photos)) + moderated_images(photos))


def inspected_images(photo: Photo) -> int:
    """A photo that could be decoded is shown to the detector once."""
    unreadable = photo.problem is not None and photo.problem.reason.startswith("FILE.")
    return int(photo.inspected_at is not None and not unreadable)


def moderated_images(photos: Collection[Photo]) -> int:
    """A comparison of two photos is one image, and both of them record it."""
    verdicts = [photo.verdict for photo in photos if photo.verdict]
    pairs = sum(len(verdict.evidence.pairs) for verdict in verdicts) // 2
    return EACH_PHOTO * len(verdicts) + pairs
