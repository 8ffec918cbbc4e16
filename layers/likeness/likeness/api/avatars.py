"""Avatars, and where a picture comes from."""

from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, PresignedUrl
from likeness.domain.ids import AvatarIdField, JobIdField, StyleIdField
from likeness.domain.jobs.job import MAX_AVATARS
from likeness.domain.provenance.credentials import Trust


class AvatarView(Message):
    """One avatar. Avatars are sorted best first; presigned URLs expire after a few minutes."""

    avatar_id: AvatarIdField
    style: StyleIdField
    likeness: int | None = Field(
        ge=0,
        le=100,
        examples=[92],
        description=(
            "likeness score to the user's nearest photo, 0 to 100, higher is more alike; 50 is "
            "dlib's same-person threshold; an avatar below 27 is drawn again; null: no face found"
        ),
    )
    png: PresignedUrl
    webp: dict[int, PresignedUrl] = Field(
        description="URLs by side length in px",
        examples=[{"512": "https://bucket.s3.amazonaws.com/..."}],
    )


class KeepAvatars(Message):
    """The avatars to keep. The others are deleted."""

    avatars: tuple[AvatarIdField, ...] = Field(min_length=1, max_length=MAX_AVATARS)


class KeptAvatarsView(Message):
    job_id: JobIdField
    avatars: tuple[AvatarIdField, ...]
    avatars_expire_at: AwareDatetime | None


class ProvenanceView(Message):
    """Whether a picture is an avatar of this service. Does not say whose."""

    ours: bool
    by: Literal["credentials", "watermark"] | None = Field(
        default=None, description="how it was recognised"
    )
    credentials: Trust = Field(description="validity of its Content Credentials")
    style: StyleIdField | None = None
    made_at: AwareDatetime | None = None
    digital_source_type: str | None = Field(
        default=None,
        description="IPTC digital source type",
        examples=["http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"],
    )
    revoked: bool | None = Field(
        default=None, description="deleted by the user's choice or erasure; null: record expired"
    )
