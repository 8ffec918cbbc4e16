"""Views of the review desk: cases, leases, exposure and the audit log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from likeness.api.review import (
    AuditEntryView,
    CasePhoto,
    ClaimView,
    DecisionView,
    ExposureView,
    FindingView,
    LeaseView,
    ReviewSummary,
)
from likeness.domain.moderation import Finding
from likeness.domain.photos.photo import Photo
from likeness.domain.reasons import Reason, ReasonCard
from likeness.domain.review.audit import AuditEntry
from likeness.domain.review.case import (
    Moderator,
    PhotoFindings,
    Review,
    ReviewKind,
    ReviewState,
)
from likeness.domain.review.statistics import Exposure
from likeness.presenters.jobs import reason_view

BEATS = 4  # heartbeats in the time of a lease: three may get lost


def review_summary(review: Review, moderator: Moderator, now: datetime) -> ReviewSummary:
    """An undecided second opinion looks like a first review: it is blind."""
    blind = review.kind is ReviewKind.SECOND and review.state is ReviewState.WAITING
    held = review.active_lease(now)
    return ReviewSummary(
        review_id=review.review_id,
        job_id=review.job_id,
        kind=ReviewKind.PHOTOS if blind else review.kind,
        state=review.state,
        severity=review.severity,
        reasons=review.reasons,
        photos=len(review.photos),
        opened_at=review.opened_at,
        decide_by=review.decide_by,
        lease=LeaseView(yours=held.by == moderator.id, until=held.until) if held else None,
    )


def exposure_view(exposure: Exposure, budget: int) -> ExposureView:
    return ExposureView(
        used=exposure.used, limit=exposure.limit(budget), state=exposure.state(budget)
    )


def claim_view(review: Review, lease: timedelta) -> ClaimView:
    return ClaimView(
        review_id=review.review_id,
        until=review.lease.until if review.lease else review.decide_by,
        heartbeat_seconds=max(1, int(lease.total_seconds()) // BEATS),
    )


def case_photo(
    found: PhotoFindings, photo: Photo, preview: str | None, cards: Mapping[Reason, ReasonCard]
) -> CasePhoto:
    """`preview`: a data URL, or None if the photo is gone."""
    seen = photo.verdict.evidence if photo.verdict else None
    return CasePhoto(
        photo_id=found.photo_id,
        flagged=bool(found.findings),
        findings=tuple(_finding_view(finding, cards) for finding in found.findings),
        labels=seen.labels if seen else (),
        age_low=seen.age_low if seen else None,
        age_high=seen.age_high if seen else None,
        similarity=seen.similarity if seen else None,
        face=photo.face,
        width=photo.width,
        height=photo.height,
        preview=preview,
        match=found.match,
    )


def decision_view(review: Review, moderator: Moderator) -> DecisionView | None:
    if review.decided_at is None or review.decided_by is None:
        return None
    return DecisionView(
        approved=review.state is ReviewState.APPROVED,
        photos=review.refused,
        decided_at=review.decided_at,
        yours=review.decided_by == moderator.id,
    )


def audit_entry_view(entry: AuditEntry) -> AuditEntryView:
    return AuditEntryView(**entry.model_dump(exclude={"review_id", "job_id"}))


def _finding_view(finding: Finding, cards: Mapping[Reason, ReasonCard]) -> FindingView:
    return FindingView(
        outcome=finding.outcome,
        reason=reason_view(finding.reason, cards) if finding.reason else None,
        source=finding.source,
        confidence=finding.confidence,
    )
