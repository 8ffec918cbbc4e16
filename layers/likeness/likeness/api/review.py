"""Requests and responses of the review desk. docs/review-desk.md has an example of each."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Paged, PageQuery, PresignedUrl
from likeness.api.photos import ReasonView
from likeness.domain.account.age import CheckedAge
from likeness.domain.ids import JobIdField, PhotoIdField, ReviewIdField, UserIdField, UsernameField
from likeness.domain.photos.photo import Box
from likeness.domain.reasons import DsaCategory, DsaKeyword, Reason
from likeness.domain.review.appeal import Match
from likeness.domain.review.audit import CHAINS, AuditAction
from likeness.domain.review.case import RefusedPhoto, RevealLevel
from likeness.domain.review.kinds import (
    EscalationReason,
    Queue,
    ReviewKind,
    ReviewState,
    SkipReason,
)
from likeness.domain.review.staff import StaffStatus
from likeness.domain.review.statistics import ExposureState
from likeness.domain.verdict import Label, Outcome, Severity

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
    """The photo of the case to reveal. Each call counts against the exposure budget.

    Grey costs half as much as clear, and soft (grey and blurred) a quarter.
    """

    photo_id: PhotoIdField
    level: RevealLevel = RevealLevel.CLEAR


class DecideReview(Message):
    """Approve the case, or refuse photos with a reason code each."""

    approve: bool
    photos: tuple[RefusedPhoto, ...] = Field(
        default=(), max_length=10, description="empty to approve; at least one to refuse"
    )


class GrantExposure(Message):
    """Raise another moderator's exposure limit for their day. For leads."""

    moderator: ModeratorId = Field(min_length=1, max_length=128)
    more: int = Field(ge=1, le=500, description="additional points")


class QueueQuery(PageQuery):
    """Query of GET /v1/reviews: filters, each optional."""

    queue: Queue | None = None
    severity: Severity | None = None
    reason: Reason | None = None


class ClaimNext(Message):
    """Which cases you want. An empty list accepts all."""

    queues: tuple[Queue, ...] = ()
    severities: tuple[Severity, ...] = ()
    reasons: tuple[Reason, ...] = ()


class SkipReview(Message):
    """Why another moderator should work the case."""

    reason: SkipReason


class EscalateReview(Message):
    """Leave the case to a lead. The note says what to look at; it names no person."""

    reason: EscalationReason = EscalationReason.UNSURE
    note: str = Field(
        min_length=1, max_length=1000, examples=["Is this a toy? The label says weapon."]
    )


class AddNote(Message):
    """A note for the moderators who work the case. It names no person."""

    text: str = Field(min_length=1, max_length=1000, examples=["The second photo decides it."])


class StatsQuery(Message):
    """Query of GET /v1/reviews/stats."""

    days: int = Field(default=30, ge=1, le=90, description="today included")


class LeaseView(Message):
    """The current lease of the case. An expired lease is null."""

    yours: bool
    until: AwareDatetime


class ExposureView(Message):
    """Points of the photos that you revealed on your day, and your limit. `warned` from 80 %."""

    used: int
    limit: int
    state: ExposureState
    ends_at: AwareDatetime | None = Field(description="when your next day begins, with 0 points")


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
    queue: Queue
    lease: LeaseView | None = None
    undo_until: AwareDatetime | None = Field(
        default=None, description="of your own decision: it takes effect then"
    )


class ReviewsView(Paged):
    """A page of the review queue."""

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


class NoteView(Message):
    yours: bool
    at: AwareDatetime
    text: str = Field(examples=["The second photo decides it."])


class NotesView(Message):
    """All notes of the case, oldest first. They are deleted with the case."""

    review_id: ReviewIdField
    notes: tuple[NoteView, ...]


class UserContext(Message):
    """What earlier jobs of the same user came to, as long as their records exist: 90 days.

    It names no job. Refusals that the user can fix are not counted.
    """

    jobs: int = Field(description="earlier jobs; the newest 50 are read")
    refused: dict[Reason, int] = Field(
        description="refused for a rule", examples=[{"POLICY.VIOLENCE": 1}]
    )
    appeals_granted: dict[Reason, int] = Field(examples=[{"POLICY.VIOLENCE": 1}])
    approved_by_moderators: int


class GuidelineView(Message):
    """The rule behind a reason code, in full."""

    code: Reason
    rule: dict[str, str] = Field(
        description="by language",
        examples=[{"en": "Refuse weapons that are held or aimed, ...", "de": "Lehne ..."}],
    )
    severity: Severity | None = Field(description="null: moderation does not find it")
    points: int = Field(description="what a clear photo with this finding costs of the budget")


class GuidelinesView(Message):
    version: str = Field(description="of the policy", examples=["2026-11-30"])
    guidelines: tuple[GuidelineView, ...]


class CaseView(Message):
    """A case with all its data, without clear photos."""

    review: ReviewSummary
    photos: tuple[CasePhoto, ...]
    age_assurance: CheckedAge | None = Field(default=None, description="the app's word")
    policy_version: str | None = Field(examples=["2026-11-22"])
    detector_version: str | None = Field(examples=["7.0"])
    decision: DecisionView | None = None
    context: UserContext
    notes: tuple[NoteView, ...] = ()
    escalation: EscalationReason | None = Field(
        default=None, description="why a moderator left the case to the leads"
    )
    reason_codes: tuple[ReasonView, ...] = Field(description="codes that a refusal may use")


class ClaimView(Message):
    """Your lease. Send a heartbeat every `heartbeat_seconds` to renew it."""

    review_id: ReviewIdField
    until: AwareDatetime
    heartbeat_seconds: int


class NextView(Message):
    """The case that is yours now, or null if nothing waits."""

    case: CaseView | None
    lease: ClaimView | None
    exposure: ExposureView


class RevealedPhotoView(Message):
    """The clear photo as a URL that is valid for a minute, or a grey copy in the response.

    Do not cache it: the response of the URL has no-store.
    """

    photo_id: PhotoIdField
    level: RevealLevel
    url: PresignedUrl = Field(description="presigned; for a grey copy a data: URL (JPEG)")
    expires_at: AwareDatetime | None = Field(description="null: a grey copy does not expire")
    exposure: ExposureView


class AuditEntryView(Message):
    """An entry of the audit log. `hash` covers the entry, including the previous entry's hash."""

    chain: int = Field(description="not in `hash`: `previous` of its first entry is this number")
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
    """The cases that you may work, of the first 1,000 that GET /v1/reviews lists."""

    complete: bool = Field(
        default=True, description="false: more cases wait, and each number is a lower bound"
    )
    waiting: int
    leased: int
    by_severity: dict[Severity, int] = Field(
        examples=[{"critical": 0, "high": 2, "medium": 1, "low": 0}]
    )
    by_queue: dict[Queue, int] = Field(examples=[{"photos": 3, "appeals": 0, "escalated": 0}])
    oldest_opened_at: AwareDatetime | None
    due_within_hour: int
    decided_per_hour: float | None = Field(
        description="by all moderators, today and yesterday (UTC); null: none was decided"
    )
    missed_forecast: int | None = Field(
        description="cases that miss their deadline at that rate, worked in the queue's order"
    )


class AgreementView(Message):
    agreed: int
    differed: int


class SecondStats(Message):
    """Blind second reviews: agreement of two moderators."""

    pairs: int
    agreement: float | None = Field(description="share of equal decisions; null without pairs")
    kappa: float | None = Field(description="Cohen's kappa; null if undefined")
    by_reason: dict[Reason, AgreementView] = Field(
        description="by the case's most severe reason",
        examples=[{"POLICY.VIOLENCE": {"agreed": 9, "differed": 1}}],
    )


class KnownStats(Message):
    """Known cases: agreement of decisions with the known answer."""

    agreed: int
    differed: int
    by_reason: dict[Reason, AgreementView] = Field(
        description="of photos: by the answer's reason, or one that was given in vain",
        examples=[{"POLICY.VIOLENCE": {"agreed": 9, "differed": 1}}],
    )


class AppealStats(Message):
    decided: int
    overturned: int
    overturn_rate: float | None = Field(description="share of decided appeals")


class WorkStats(Message):
    """What one moderator did. Second opinions and appeals are counted too."""

    handled: int
    approved: int
    refused: int
    refused_by_reason: dict[Reason, int] = Field(examples=[{"POLICY.VIOLENCE": 5}])
    mean_handling_seconds: float | None = Field(description="from claim to decision")
    handling_seconds: int = Field(description="all together, for a break clock with days=1")
    approved_unseen: int = Field(description="approved without revealing a photo")
    skipped: int
    escalated: int
    undone: int
    agreed: int = Field(description="pairs of first and second opinions, as either")
    differed: int


class ModeratorStats(Message):
    """One moderator: the work of the days that were asked for, and today's exposure. For leads."""

    moderator: ModeratorId
    work: WorkStats
    known: KnownStats
    exposure: ExposureView
    asks: bool = Field(description="tried to reveal a photo beyond the limit")


class StatsView(Message):
    days: int = Field(
        description="today included: in UTC for the desk, in their time zone for a moderator"
    )
    queue: QueueStats
    approved: int
    refused: int
    expired: int
    refused_by_reason: dict[Reason, int] = Field(examples=[{"POLICY.VIOLENCE": 5}])
    mean_seconds_to_decide: float | None = Field(description="from opening to decision")
    mean_handling_seconds: float | None = Field(description="from claim to decision")
    approved_unseen: int = Field(description="approved without revealing a photo")
    reversed: int = Field(description="by a lead, without an appeal")
    second: SecondStats
    known: KnownStats | None = Field(default=None, description="only for leads")
    appeals: AppealStats
    exposure: ExposureView
    own: WorkStats
    moderators: tuple[ModeratorStats, ...] = Field(default=(), description="only for leads")


class DecidedQuery(PageQuery):
    """Query of GET /v1/reviews/decided. The filters are optional."""

    day: date | None = Field(default=None, description="UTC; today if it is not given")
    moderator: ModeratorId | None = None
    state: Literal["approved", "refused"] | None = None
    kind: ReviewKind | None = None
    reason: Reason | None = Field(default=None, description="found, or given by the moderator")
    second: Literal["agreed", "differed"] | None = Field(
        default=None,
        description="second opinions and known cases, by whether the first decision, or the "
        "answer, was the same",
    )


class DecidedView(Message):
    """A decided case. Only leads see it, so a second opinion says what it is."""

    review_id: ReviewIdField
    job_id: JobIdField
    kind: ReviewKind
    severity: Severity
    reasons: tuple[Reason, ...]
    approved: bool
    refused: tuple[RefusedPhoto, ...]
    decided_by: ModeratorId
    decided_at: AwareDatetime
    handling_seconds: float
    looked: bool = Field(description="whether the moderator revealed a photo")
    first_approved: bool | None = Field(
        default=None, description="of a second opinion: the first decision"
    )
    answer: tuple[RefusedPhoto, ...] | None = Field(
        default=None, description="of a known case: the photos to refuse; null until it is scored"
    )
    overturned_by: ModeratorId | None = None


class DecidedReviewsView(Paged):
    """Cases that were decided on one day, the latest first."""

    day: date = Field(examples=["2026-11-22"])
    reviews: tuple[DecidedView, ...]


class OverturnReview(Message):
    """Reverse a decision: refuse photos of an approved case, or none to approve a refused one."""

    photos: tuple[RefusedPhoto, ...] = Field(default=(), max_length=10)


class AuditExportQuery(Message):
    """Query of GET /v1/reviews/audit."""

    chain: int = Field(default=0, ge=0, lt=CHAINS)
    after: int = Field(default=0, ge=0, description="number of the last entry that you have")
    limit: int = Field(default=1000, ge=1, le=2000)


class ExportedEntry(AuditEntryView):
    """An entry with every field that `hash` covers."""

    review_id: ReviewIdField | None
    job_id: JobIdField | None


class ChainHeadView(Message):
    """The last entry of a chain; `number` is 0 if there is none."""

    chain: int
    number: int
    hash: Digest


class AuditExportView(Message):
    """A part of one chain. Its last entry is the head if `entries` reaches it."""

    entries: tuple[ExportedEntry, ...]
    head: ChainHeadView


class AnchorView(Message):
    number: int
    jws: str = Field(
        description="the signed heads of all chains on one day; its type is "
        "`likeness-audit-anchor+jws`, and a key of GET /v1/keys verifies it",
        examples=["eyJhbGciOiJFUzI1NiJ9.eyJudW1iZXIiOjF9.c2ln"],
    )


class AnchorsView(Paged):
    """Anchors of the audit log, oldest first, and the heads of all chains: an export ends there."""

    anchors: tuple[AnchorView, ...]
    heads: tuple[ChainHeadView, ...]


class TransparencyQuery(Message):
    """Query of GET /v1/reviews/transparency."""

    first: date = Field(examples=["2026-01-01"])
    last: date = Field(examples=["2026-12-31"])


class ReasonFigures(Message):
    """Photos of one reason in the time that was asked for."""

    dsa_category: DsaCategory | None
    dsa_keyword: DsaKeyword | None
    refused_automatically: int
    left_out_automatically: int
    refused_by_moderators: int
    appeals_rejected: int = Field(description="by the case's most severe reason")
    appeals_granted: int


class TransparencyView(Message):
    """Figures for a transparency report (DSA, Articles 15 and 24)."""

    first: date = Field(examples=["2026-01-01"])
    last: date = Field(examples=["2026-12-31"])
    jobs_moderated: int
    jobs_to_moderators: int
    cases_approved: int
    cases_refused: int
    cases_expired: int
    by_reason: dict[Reason, ReasonFigures] = Field(examples=[{}])
    appeals_rejected: int
    appeals_granted: int
    appeals_expired: int
    reversed_by_leads: int
    median_seconds_to_decide: float | None
    median_seconds_of_appeals: float | None
    automated_overturn_rate: float | None = Field(
        description="granted appeals, as a share of decided ones: the indicator of accuracy"
    )
    doubts_approved_rate: float | None = Field(
        description="cases that moderators approved, as a share of those that they decided"
    )


Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["ann@example.org"]),
]


TimeZone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]


class InviteStaff(Message):
    """Create an account. Cognito mails a temporary password, valid for seven days."""

    username: UsernameField
    email: Email
    lead: bool = False
    app_user_id: UserIdField | None = Field(
        default=None, description="the person's own account in the app: they never see its photos"
    )
    time_zone: TimeZone = Field(
        default="UTC", description="IANA; their days of the exposure budget and own figures"
    )


class ChangeStaff(Message):
    """The whole access of an account. Less access ends its sessions at once."""

    enabled: bool
    moderator: bool
    lead: bool
    app_user_id: UserIdField | None = None
    time_zone: TimeZone | None = Field(
        default=None, description="null: unchanged. Another one applies from the end of their day"
    )


class StaffView(Message):
    username: UsernameField
    moderator_id: ModeratorId
    status: StaffStatus
    moderator: bool
    lead: bool
    email: Email | None
    app_user_id: UserIdField | None
    time_zone: TimeZone
    time_zone_from: AwareDatetime | None = Field(description="null: it applies already")
    created_at: AwareDatetime | None


class StaffListView(Message):
    """Every account of the moderators' pool, by name."""

    staff: tuple[StaffView, ...]
