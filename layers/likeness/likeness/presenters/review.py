"""Views of the review desk: cases, leases, exposure and the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from likeness.api.review import (
    AuditEntryView,
    CasePhoto,
    ClaimView,
    DecidedView,
    DecisionView,
    ExposureView,
    FindingView,
    LeaseView,
    NoteView,
    ReviewSummary,
)
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.statistics import Exposure, handling_s
from likeness.presenters.reasons import reason_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.domain.account.quota import ReservedDay
    from likeness.domain.photos.photo import Photo
    from likeness.domain.reasons import Reason, ReasonCard
    from likeness.domain.review.audit import AuditEntry
    from likeness.domain.review.case import Moderator, Note, PhotoFindings, Review
    from likeness.domain.verdict import Finding

BLIND = frozenset({ReviewKind.SECOND, ReviewKind.KNOWN})
BEATS = 4  # heartbeats in the time of a lease: three may get lost


def review_summary(review: Review, moderator: Moderator, now: datetime) -> ReviewSummary:
    """A second opinion and a known case look like a first review: they are blind. So does a
    pending decision, to all but its moderator.
    """
    mine = review.decided_by == moderator.id
    state = review.state
    if review.pending and mine:
        state = ReviewState.APPROVED if review.approved else ReviewState.REFUSED
    return ReviewSummary(
        review_id=review.public_id,
        job_id=review.job_id,
        kind=ReviewKind.PHOTOS if review.kind in BLIND else review.kind,
        state=state,
        severity=review.severity,
        reasons=review.reasons,
        photos=len(review.photos),
        opened_at=review.window.opened_at,
        decide_by=review.window.decide_by,
        queue=review.queue,
        lease=_lease_view(review, moderator, now),
        undo_until=review.counts_at if mine else None,
    )


def _lease_view(review: Review, moderator: Moderator, now: datetime) -> LeaseView | None:
    if review.pending and review.counts_at and review.decided_by != moderator.id:
        return LeaseView(yours=False, until=review.counts_at)
    held = review.active_lease(now)
    return LeaseView(yours=held.by == moderator.id, until=held.until) if held else None


def note_view(note: Note, moderator: Moderator) -> NoteView:
    return NoteView(yours=note.by == moderator.id, at=note.at, text=note.text)


def exposure_view(
    exposure: Exposure, budget: int, today: ReservedDay | None = None
) -> ExposureView:
    return ExposureView(
        used=exposure.used,
        limit=exposure.limit(budget),
        state=exposure.state(budget),
        ends_at=today.ends_at if today else exposure.ends_at,
    )


def claim_view(review: Review, lease: timedelta) -> ClaimView:
    return ClaimView(
        review_id=review.public_id,
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
    """A decision that can still be undone is shown to its moderator only."""
    mine = review.decided_by == moderator.id
    if review.decided_at is None or review.decided_by is None or (review.pending and not mine):
        return None
    return DecisionView(
        approved=review.approved,
        photos=review.refused,
        decided_at=review.decided_at,
        yours=mine,
    )


def decided_view(review: Review) -> DecidedView:
    return DecidedView(
        review_id=review.public_id,
        job_id=review.job_id,
        kind=review.kind,
        severity=review.severity,
        reasons=review.reasons,
        approved=review.approved,
        refused=review.refused,
        decided_by=review.decided_by or "",
        decided_at=review.decided_at or datetime.min.replace(tzinfo=UTC),
        handling_seconds=handling_s(review),
        looked=review.looked,
        first_approved=review.first_approved,
        answer=review.answer,
        overturned_by=review.overturn.by if review.overturn else None,
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
