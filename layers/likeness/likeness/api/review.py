"""Requests and responses of the review desk. docs/review-desk.md has an example of each."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from likeness.api.app import Message, Paged, PresignedUrl, ReasonView
from likeness.domain.account.age import CheckedAge
from likeness.domain.ids import JobIdField, PhotoIdField, ReviewIdField, UserIdField, UsernameField
from likeness.domain.moderation import Label, Outcome, Severity
from likeness.domain.photos.photo import Box
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Match
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import RefusedPhoto, ReviewKind, ReviewState
from likeness.domain.review.staff import StaffStatus
from likeness.domain.review.statistics import ExposureState

ModeratorId = Annotated[
    str,
    Field(
        description="moderator id in the user pool",
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


class RevealPhoto(Message):
    """The photo of the case to reveal. Each call counts against the exposure budget."""

    photo_id: PhotoIdField


class DecideReview(Message):
    """Approve the case, or refuse photos with a reason code each."""

    approve: bool
    photos: tuple[RefusedPhoto, ...] = Field(
        default=(), max_length=10, description="empty to approve; at least one to refuse"
    )


class GrantExposure(Message):
    """Raise another moderator's exposure limit for today (UTC). For leads."""

    moderator: ModeratorId = Field(min_length=1, max_length=128)
    more: int = Field(ge=1, le=500, description="number of additional photos")


class StatsQuery(Message):
    """Query of GET /v1/reviews/stats."""

    days: int = Field(default=30, ge=1, le=90, description="UTC days, today included")


class LeaseView(Message):
    """The current lease of the case. An expired lease is null."""

    yours: bool
    until: AwareDatetime


class ExposureView(Message):
    """Photos that you revealed today (UTC), and your limit. `warned` from 80 % of it."""

    used: int
    limit: int
    state: ExposureState


class ReviewSummary(Message):
    """A case in the review queue."""

    review_id: ReviewIdField
    job_id: JobIdField
    kind: ReviewKind
    state: ReviewState
    severity: Severity
    reasons: tuple[Reason, ...] = Field(description="reasons of the findings, most severe first")
    photos: int = Field(description="number of photos")
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    lease: LeaseView | None = None


class ReviewsView(Paged):
    """A page of the review queue, sorted by severity, then by deadline."""

    reviews: tuple[ReviewSummary, ...]
    exposure: ExposureView
    lead: bool = Field(description="whether you may decide appeals and grant exposure")


class FindingView(Message):
    """Result of one moderation rule on a photo."""

    outcome: Outcome
    reason: ReasonView | None = Field(description="null: no rule covers it, choose a code")
    source: str = Field(
        description="a label's name, `age 13-19`, `faces compared`, ...", examples=["Weapons"]
    )
    confidence: float | None = Field(default=None, description="percent")


class CasePhoto(Message):
    """A photo of the case. `preview` is small, grey and blurred; reveal the photo to see it."""

    photo_id: PhotoIdField
    flagged: bool = Field(description="false: no findings, shown for comparison")
    findings: tuple[FindingView, ...]
    labels: tuple[Label, ...] = Field(description="of the detector; confidence in percent")
    age_low: int | None = None
    age_high: int | None = None
    similarity: float | None = Field(default=None, description="to the job's person, percent")
    face: Box | None = Field(default=None, description="ratios of width and height, from top left")
    width: int | None = Field(default=None, description="px, of the clear photo")
    height: int | None = None
    preview: str | None = Field(
        description="a data: URL (JPEG); null: the photo is deleted",
        examples=["data:image/jpeg;base64,/9j/4AAQ"],
    )
    match: Match | None = Field(
        default=None, description="in an appeal: match with the refused photo"
    )


class DecisionView(Message):
    approved: bool
    photos: tuple[RefusedPhoto, ...]
    decided_at: AwareDatetime
    yours: bool


class CaseView(Message):
    """A case with all its data, without clear photos."""

    review: ReviewSummary
    photos: tuple[CasePhoto, ...]
    age_assurance: CheckedAge | None = Field(default=None, description="the app's word")
    policy_version: str | None = Field(examples=["2026-11-22"])
    detector_version: str | None = Field(examples=["7.0"])
    decision: DecisionView | None = None
    reason_codes: tuple[ReasonView, ...] = Field(description="codes that a refusal may use")


class ClaimView(Message):
    """Your lease. Send a heartbeat every `heartbeat_seconds` to renew it."""

    review_id: ReviewIdField
    until: AwareDatetime
    heartbeat_seconds: int


class ClearPhotoView(Message):
    """URL of the clear photo, valid for a minute. Do not cache it: its response has no-store."""

    photo_id: PhotoIdField
    url: PresignedUrl
    expires_at: AwareDatetime
    exposure: ExposureView


class AuditEntryView(Message):
    """An entry of the audit log. `hash` covers the entry, including the previous entry's hash."""

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
    """Blind second reviews: agreement of two moderators."""

    pairs: int
    agreement: float | None = Field(description="share of equal decisions; null without pairs")
    kappa: float | None = Field(description="Cohen's kappa; null if undefined")


class AppealStats(Message):
    decided: int
    overturned: int
    overturn_rate: float | None = Field(description="share of decided appeals")


class ModeratorStats(Message):
    """Today's exposure of one moderator. For leads."""

    moderator: ModeratorId
    exposure: ExposureView
    asks: bool = Field(description="tried to reveal a photo beyond the limit")


class StatsView(Message):
    days: int = Field(description="UTC days, today included")
    queue: QueueStats
    approved: int
    refused: int
    expired: int
    refused_by_reason: dict[Reason, int] = Field(examples=[{"POLICY.VIOLENCE": 5}])
    mean_seconds_to_decide: float | None
    second: SecondStats
    appeals: AppealStats
    exposure: ExposureView
    moderators: tuple[ModeratorStats, ...] = Field(default=(), description="only for leads")


Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["ann@example.org"]),
]


class InviteStaff(Message):
    """Create an account. Cognito mails a temporary password, valid for seven days."""

    username: UsernameField
    email: Email
    lead: bool = False
    app_user_id: UserIdField | None = Field(
        default=None, description="the person's own account in the app: they never see its photos"
    )


class ChangeStaff(Message):
    """The whole access of an account. Less access ends its sessions at once."""

    enabled: bool
    moderator: bool
    lead: bool
    app_user_id: UserIdField | None = None


class StaffView(Message):
    username: UsernameField
    moderator_id: ModeratorId
    status: StaffStatus
    moderator: bool
    lead: bool
    email: Email | None
    app_user_id: UserIdField | None
    created_at: AwareDatetime | None


class StaffListView(Message):
    """Every account of the moderators' pool, by name."""

    staff: tuple[StaffView, ...]
