"""An avatar of a job, with its measurements."""

from enum import StrEnum

from pydantic import Field

from likeness.domain.ids import AvatarIdField, JobIdField, PhotoIdField, StyleIdField
from likeness.domain.provenance.watermark import WatermarkIdField, Watermarking
from likeness.domain.record import Record
from likeness.domain.verdict import Verdict


class AvatarState(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"  # by moderation, with the rules for photos
    PUBLISHED = "published"
    NOT_KEPT = "not_kept"  # the user kept other avatars; deleted


class Avatar(Record):
    """One avatar. `rank` orders avatars best first, across attempts."""

    job_id: JobIdField
    avatar_id: AvatarIdField
    style: StyleIdField
    state: AvatarState
    attempt: int
    rank: int = Field(ge=0)
    photo_id: PhotoIdField
    sha256: str = Field(description="SHA-256 of the PNG from the container, hex")
    distance: float | None = Field(
        default=None,
        description="L2 of face embeddings to the nearest photo, lower is nearer; None: no face",
    )
    verdict: Verdict
    engine: str = Field(default="painter", description="the engine that drew it")
    watermark: WatermarkIdField | None = Field(default=None, description="the id in its watermark")
    watermarking: Watermarking = Field(
        default=Watermarking.NOT_ORDERED, description="whether the pixels contain it, else why not"
    )
