"""What the review desk takes and answers. docs/review-desk.md shows each by example."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from likeness.api.app import Explained, Message, Paged, PresignedUrl
from likeness.domain.ids import JobIdField, PhotoIdField, ReviewIdField
from likeness.domain.moderation import Label, Outcome, Severity
from likeness.domain.photos.photo import Box
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Match
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import RefusedPhoto, ReviewKind, ReviewState
from likeness.domain.review.statistics import ExposureState

ModeratorId = Annotated[
    str,
    Field(
        description="a moderator, as the pool of moderators calls them",
        examples=["0f0e1d2c-5a6b-4c3d-9e8f-001122334455"],
    ),
]
Digest = Annotated[
    str,
    Field(
        description="SHA-256, in hex",
        examples=["5f2c3a91d4e0b6778899aabbccddeeff00112233445566778899aabbccddeeff"],
    ),
]

# --- asked ---------------------------------------------------------------------------------------


class Reveal(Message):
    """Which photo of the case to show as it is. Each call is counted."""

    photo_id: PhotoIdField


class Decide(Message):
    """Approve, or refuse with a reason code for each photo that breaks a rule."""

    approve: bool
    photos: tuple[RefusedPhoto, ...] = Field(
        default=(), max_length=10, description="empty to approve; at least one to refuse"
    )


class GrantExposure(Message):
    """A lead lets somebody else reveal more pictures today."""

    moderator: ModeratorId = Field(min_length=1, max_length=128)
    more: int = Field(ge=1, le=500)


class StatsOf(Message):
    """The query of GET /v1/reviews/stats."""

    days: int = Field(default=30, ge=1, le=90, description="UTC days, today included")


# --- answered ------------------------------------------------------------------------------------


class LeaseView(Message):
    """Who works the case now. A lease that ran out is shown as none."""

    yours: bool
    until: AwareDatetime


class ExposureView(Message):
    """Pictures that you revealed today (UTC), of those you may. `warned` from four fifths on."""

    used: int
    limit: int
    state: ExposureState


class ReviewSummary(Message):
    """A case in the queue."""

    review_id: ReviewIdField
    job_id: JobIdField
    kind: ReviewKind
    state: ReviewState
    severity: Severity
    reasons: tuple[Reason, ...] = Field(description="what was found, the most severe first")
    photos: int
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    lease: LeaseView | None = None


class ReviewsView(Paged):
    """A page of the queue, the most severe first, then the next to expire."""

    reviews: tuple[ReviewSummary, ...]
    exposure: ExposureView
    lead: bool = Field(description="whether you may decide appeals and grant exposure")


class FindingView(Message):
    """One thing that a rule said about a photo."""

    outcome: Outcome
    reason: Explained | None = Field(description="null: no rule knows what this is, you name it")
    source: str = Field(
        description="a label's name, `age 13-19`, `faces compared`, ...", examples=["Weapons"]
    )
    confidence: float | None = Field(default=None, description="percent")


class CasePhoto(Message):
    """A photo of the case. `preview` is small, grey and blurred; the clear one must be revealed."""

    photo_id: PhotoIdField
    flagged: bool = Field(description="false: nothing was found in it, it is here to compare with")
    findings: tuple[FindingView, ...]
    labels: tuple[Label, ...] = Field(description="all that the detector named, in percent")
    age_low: int | None = None
    age_high: int | None = None
    similarity: float | None = Field(default=None, description="to the set's person, percent")
    face: Box | None = Field(default=None, description="ratios of width and height, from top left")
    width: int | None = Field(default=None, description="px of the clear picture")
    height: int | None = None
    preview: str | None = Field(
        description="a data: URL (JPEG); null: nothing to look at any more",
        examples=["data:image/jpeg;base64,/9j/4AAQ"],
    )
    match: Match | None = Field(
        default=None, description="in an appeal: `exact` or `similar` to the photo that was refused"
    )


class DecisionView(Message):
    approved: bool
    photos: tuple[RefusedPhoto, ...]
    decided_at: AwareDatetime
    yours: bool


class CaseView(Message):
    """One case with everything that is known of it, but no clear picture."""

    review: ReviewSummary
    photos: tuple[CasePhoto, ...]
    policy_version: str | None = Field(examples=["2026-11-22"])
    detector_version: str | None = Field(examples=["7.0"])
    decision: DecisionView | None = None
    reason_codes: tuple[Explained, ...] = Field(description="those a refusal may name")


class ClaimView(Message):
    """Yours until `until`; send a heartbeat every `heartbeat_seconds` to keep it."""

    review_id: ReviewIdField
    until: AwareDatetime
    heartbeat_seconds: int


class Revealed(Message):
    """The clear picture, for a minute. Never cache it: the link answers no-store, too."""

    photo_id: PhotoIdField
    url: PresignedUrl
    expires_at: AwareDatetime
    exposure: ExposureView


class AuditEntryView(Message):
    """An entry of the audit log. `hash` covers the entry and `previous`, the one before it."""

    number: int
    at: AwareDatetime
    actor: str = Field(description="`system`, or a moderator's id", examples=["system"])
    action: AuditAction
    details: dict[str, str] = Field(default={}, examples=[{"photo_id": "p02"}])
    previous: Digest
    hash: Digest


class AuditView(Message):
    review_id: ReviewIdField
    entries: tuple[AuditEntryView, ...]


class QueueStats(Message):
    waiting: int
    leased: int
    by_severity: dict[Severity, int] = Field(
        examples=[{"critical": 0, "high": 2, "medium": 1, "low": 0}]
    )
    oldest_opened_at: AwareDatetime | None


class SecondStats(Message):
    """Blind second reviews: how often two moderators say the same."""

    pairs: int
    agreement: float | None = Field(description="share of pairs; null without any")
    kappa: float | None = Field(
        description="Cohen's kappa; null where chance alone would always agree"
    )


class AppealStats(Message):
    decided: int
    overturned: int
    overturn_rate: float | None


class ModeratorStats(Message):
    """For leads: today's exposure of one moderator."""

    moderator: ModeratorId
    exposure: ExposureView
    asks: bool = Field(description="the budget is used up and a picture was asked for")


class StatsView(Message):
    days: int
    queue: QueueStats
    approved: int
    refused: int
    expired: int
    refused_by_reason: dict[Reason, int] = Field(examples=[{"POLICY.VIOLENCE": 5}])
    mean_seconds_to_decide: float | None
    second: SecondStats
    appeals: AppealStats
    exposure: ExposureView
    moderators: tuple[ModeratorStats, ...] = Field(default=(), description="empty unless a lead")
