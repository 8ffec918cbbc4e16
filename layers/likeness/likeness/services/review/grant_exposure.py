"""A lead lets a moderator reveal more pictures today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import Forbidden, NotFound
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.presenters.review import exposure_view

if TYPE_CHECKING:
    from likeness.api.review import ExposureView, GrantExposure
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import DeskCounters, Staff
    from likeness.ports.runtime import Clock


def grant_exposure(
    request: GrantExposure,
    *,
    moderator: Moderator,
    desk_counters: DeskCounters,
    staff: Staff,
    clock: Clock,
    budget: int,
) -> ExposureView:
    """For the day of that moderator, in their zone. Raises NotFound without such an account.

    Leads cannot grant it to themselves: another lead checks on them first.
    """
    if not moderator.lead:
        raise Forbidden("only a lead may let a moderator reveal more pictures")
    if request.moderator == moderator.id:
        raise Forbidden("ask another lead: you cannot grant this to yourself")
    member = staff.with_id(request.moderator)
    if member is None:
        raise NotFound("there is no such moderator")
    now = clock.now()
    today = member.zone.today(now)
    audit_event = AuditEvent(
        at=now,
        actor=moderator.id,
        action=AuditAction.EXPOSURE_GRANTED,
        details={"moderator": request.moderator, "more": str(request.more)},
    )
    granted = desk_counters.grant(audit_event, request.moderator, request.more, today=today)
    return exposure_view(granted, budget, today)
