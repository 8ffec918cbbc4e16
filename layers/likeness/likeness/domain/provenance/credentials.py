"""Content Credentials of avatars, and the record of a watermark."""

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import AwareDatetime, Field

from likeness.domain.ids import AvatarIdField, JobIdField, StyleIdField
from likeness.domain.provenance.watermark import WatermarkIdField
from likeness.domain.record import Record

GENERATOR = "Likeness"
RECORD_RETENTION = timedelta(days=90)  # jobs and their avatars, unless deleted earlier
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# IPTC digital source type of each engine: the painter filters the user's photos algorithmically,
# diffusion generates new pictures from them with a trained model.
DIFFUSION = (
    "flux2-klein-4b-ref",
    "flux2-klein-4b-lora",
    "flux2-klein-4b-lora-ref",
    "sdxl-lora",
    "tiny-ref",
    "tiny-lora",
)
SOURCE_TYPES = MappingProxyType(
    {"painter": f"{IPTC}algorithmicallyEnhanced"}
    | dict.fromkeys(DIFFUSION, f"{IPTC}compositeWithTrainedAlgorithmicMedia")
)


class Claim(Record):
    """Content of an avatar's credentials. Not traceable to a person."""

    watermark: WatermarkIdField = Field(description="id of the avatar, also in its pixels")
    style: StyleIdField
    engine: str
    made_at: AwareDatetime

    @property
    def source_type(self) -> str:
        """Raises KeyError for an unclassified engine."""
        return SOURCE_TYPES[self.engine]


class WatermarkRecord(Record):
    """The avatar that has this watermark. Outlives the job's records; contains no user id."""

    watermark: WatermarkIdField
    job_id: JobIdField
    avatar_id: AvatarIdField
    style: StyleIdField
    engine: str
    made_at: AwareDatetime
    revoked: bool = Field(
        default=False, description="deleted by the user's choice, or because the user was erased"
    )


class Trust(StrEnum):
    """Validity of a picture's Content Credentials."""

    TRUSTED = "trusted"  # signed with our certificate chain and unchanged
    OTHERS = "others"  # valid, signed by another issuer
    EXPIRED = "expired"  # unchanged, but the signer's certificate has ended
    INVALID = "invalid"  # malformed, or changed after signing
    NONE = "none"


class CredentialsReading(Record):
    """Result of reading Content Credentials; `claim` only if they are trusted."""

    trust: Trust
    claim: Claim | None = None
