"""What was found in a picture, and the outcome that follows."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from pydantic import Field

from likeness.domain.account.age import CheckedAge
from likeness.domain.ids import PhotoIdField
from likeness.domain.reasons import Reason
from likeness.domain.record import Record


class Outcome(StrEnum):
    CLEAN = "clean"
    LEFT_OUT = "left_out"  # doubtful, and the set is enough without it: not used, and deleted
    DOUBTFUL = "doubtful"  # needs review: a moderator decides
    REFUSED = "refused"
    ESCALATED = "escalated"  # perhaps illegal: held, and a lead decides

    @property
    def severity(self) -> int:
        return list(Outcome).index(self)


class Severity(StrEnum):
    """Order of the review queue."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)


class Level(IntEnum):
    """Depth in Rekognition's label taxonomy, version 7."""

    TOP = 1
    SECOND = 2
    THIRD = 3


class Label(Record):
    """A label of the detector. Confidence in percent, as the detector reports it."""

    name: str = Field(examples=["Weapons"])
    parent: str = Field(default="", examples=["Violence"])
    confidence: float


class Finding(Record):
    """Result of one rule on one picture. `source` is the label or measurement."""

    outcome: Outcome
    reason: Reason | None = Field(description="None: no rule covers it, the moderator chooses")
    source: str
    confidence: float | None = None


class PhotoEvidence(Record):
    """Detector results of one picture: all input of moderation, without the picture.

    Stored with the verdict, so that a changed policy can be replayed on it.
    """

    labels: tuple[Label, ...] = ()
    detector_version: str
    min_confidence: float = Field(description="percent; the detector reports no labels below it")
    faces: int | None = Field(default=None, description="None: not detected for this picture")
    age_low: int | None = Field(default=None, description="whole years, of the main face")
    age_high: int | None = None
    yaw: float | None = Field(default=None, description="degrees, of the main face")
    pitch: float | None = None
    brightness: float | None = Field(default=None, description="percent, as the detector has it")
    sharpness: float | None = None
    age_assurance: CheckedAge | None = Field(default=None, description="the same for the set")
    celebrities: tuple[float, ...] = Field(default=(), description="matches, percent")
    compared: bool = Field(default=False, description="with the job's person")
    similarity: float | None = Field(default=None, description="percent; None: no match")
    pairs: Mapping[PhotoIdField, float | None] = Field(
        default={}, description="similarity to each photo of the set that it was compared with"
    )
    exonerated: frozenset[Reason] = Field(
        default=frozenset(), description="reasons that a granted appeal ruled out for this photo"
    )
    allowed: frozenset[str] = Field(
        default=frozenset(),
        description="of an avatar: labels that its photo has too, and that a human allowed there",
    )


class Verdict(Record):
    """Result of moderation, with the policy version and the evidence. Without the picture."""

    outcome: Outcome
    policy_version: str
    findings: tuple[Finding, ...] = ()
    evidence: PhotoEvidence

    @property
    def reason(self) -> Reason | None:
        """The reason of the most severe finding; of equal ones, the first."""
        worst = max(self.findings, key=lambda finding: finding.outcome.severity, default=None)
        return worst.reason if worst else None
