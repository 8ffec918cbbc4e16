"""Where a picture comes from: what is said in an avatar, and what its record says afterwards."""

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import AwareDatetime, Field

from likeness.domain.ids import AvatarIdField, JobIdField, StyleIdField
from likeness.domain.provenance.watermark import WatermarkIdField
from likeness.domain.record import Record

GENERATOR = "Likeness"
ON_RECORD = timedelta(days=90)  # a job and its avatars, unless they are deleted before
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# What an engine does, in the words of IPTC: the painter filters the user's own photos by rules,
# diffusion makes new pictures out of them by a trained model.
DIFFUSION = ("flux2-klein-4b-ref", "flux2-klein-4b-lora", "sdxl-lora", "tiny-ref", "tiny-lora")
SOURCE_TYPES = MappingProxyType(
    {"painter": f"{IPTC}algorithmicallyEnhanced"}
    | dict.fromkeys(DIFFUSION, f"{IPTC}compositeWithTrainedAlgorithmicMedia")
)


class Claim(Record):
    """What an avatar's credentials say. Nothing of it leads to a person."""

    watermark: WatermarkIdField = Field(description="id of the avatar, written into its pixels too")
    style: StyleIdField
    engine: str
    made_at: AwareDatetime

    @property
    def source_type(self) -> str:
        """KeyError for an engine that nobody has classified: it must not pass for another."""
        return SOURCE_TYPES[self.engine]


class WatermarkRecord(Record):
    """Which avatar a mark was written into. Outlives the job's records, and names no user."""

    watermark: WatermarkIdField
    job_id: JobIdField
    avatar_id: AvatarIdField
    style: StyleIdField
    engine: str
    made_at: AwareDatetime


class Trust(StrEnum):
    """What a picture's Content Credentials are worth."""

    TRUSTED = "trusted"  # ours: signed under our chain, and not a bit was changed since
    OTHERS = "others"  # whole, and signed by somebody else
    INVALID = "invalid"  # broken, or changed since they were signed
    NONE = "none"


class CredentialsReading(Record):
    """What was found in a picture's Content Credentials; a claim only where they are trusted."""

    trust: Trust
    claim: Claim | None = None
