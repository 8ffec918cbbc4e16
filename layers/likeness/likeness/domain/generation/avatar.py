"""An avatar that was drawn for a job, and what was measured on it."""

from enum import StrEnum

from pydantic import Field

from likeness.domain.ids import AvatarIdField, JobIdField, PhotoIdField, StyleIdField
from likeness.domain.moderation import Verdict
from likeness.domain.provenance.watermark import WatermarkIdField, Watermarking
from likeness.domain.record import Record


class AvatarState(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"  # by the same judge that reads the photos
    PUBLISHED = "published"
    DROPPED = "dropped"  # the user kept others


class Avatar(Record):
    """One avatar. `rank` orders them best first over all attempts."""

    job_id: JobIdField
    avatar_id: AvatarIdField
    style: StyleIdField
    state: AvatarState
    attempt: int
    rank: int = Field(ge=0)
    photo_id: PhotoIdField
    sha256: str = Field(description="of the PNG as the container drew it")
    distance: float | None = Field(
        default=None,
        description="L2 between face embeddings, to the nearest photo; None: no face was found",
    )
    verdict: Verdict
    engine: str = Field(default="painter", description="that drew it")
    watermark: WatermarkIdField | None = Field(default=None, description="its id in the world")
    watermarking: Watermarking = Field(
        default=Watermarking.NOT_ORDERED, description="is the mark in the pixels, and if not, why?"
    )
