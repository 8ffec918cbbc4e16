"""What a report to an authority needs to say about a hold, without pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.ids import JobId, PhotoId
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import Moderator, RevealLevel, review_of
from likeness.domain.review.hold import HoldState, about_hold
from likeness.domain.review.kinds import ReviewKind
from likeness.presenters.holds import report_view
from likeness.services.review.holds import hold_for

if TYPE_CHECKING:
    from likeness.api.holds import ReportView
    from likeness.ports.holds import Holds
    from likeness.ports.review import AuditLog
    from likeness.ports.runtime import Clock


def export_report(
    job_id: JobId, *, moderator: Moderator, holds: Holds, audit_log: AuditLog, clock: Clock
) -> ReportView:
    """Only of a confirmed hold. Each export is audited before it is returned."""
    hold = hold_for(job_id, moderator, holds)
    hold.require_state(HoldState.CONFIRMED)
    event = about_hold(hold, AuditAction.REPORT_EXPORTED, clock.now(), actor=moderator.id)
    audit_log.append(event)
    return report_view(hold, viewed=_viewed(job_id, audit_log))


def _viewed(job_id: JobId, audit_log: AuditLog) -> frozenset[PhotoId]:
    """The photos that a moderator saw unblurred, in colour or grey."""
    return frozenset(
        PhotoId(entry.details["photo_id"])
        for kind in ReviewKind
        for entry in audit_log.for_review(review_of(job_id, kind))
        if entry.action is AuditAction.REVEALED and entry.details.get("level") != RevealLevel.SOFT
    )
