"""A lead records that a confirmed hold was reported to an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import Invalid
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.hold import Reported, about_hold
from likeness.presenters.holds import hold_view
from likeness.services.review.holds import hold_for

if TYPE_CHECKING:
    from datetime import timedelta

    from likeness.api.holds import HoldView, ReportHold
    from likeness.domain.ids import JobId
    from likeness.domain.review.case import Moderator
    from likeness.ports.holds import HoldFiles, Holds
    from likeness.ports.runtime import Clock


def report_hold(
    job_id: JobId,
    request: ReportHold,
    *,
    moderator: Moderator,
    holds: Holds,
    files: HoldFiles,
    clock: Clock,
    retain: timedelta,
) -> HoldView:
    """The copies are retained for `retain` from the report on. Idempotent."""
    now = clock.now()
    if request.reported_at > now:
        raise Invalid("reported_at is in the future: send when the authority got the report")
    hold = hold_for(job_id, moderator, holds)
    reported = Reported(**request.model_dump())
    if reported not in hold.reported:
        hold = hold.report(reported, retain=retain)
        details = {"authority": reported.authority, "reference": reported.reference}
        event = about_hold(hold, AuditAction.REPORTED, now, actor=moderator.id, details=details)
        holds.save(hold, event)
    if hold.retain_until:
        files.retain(job_id, hold.retain_until)
    return hold_view(hold)
