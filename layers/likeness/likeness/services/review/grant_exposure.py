"""A lead lets a moderator reveal more pictures today."""

from likeness.api.review import ExposureView, GrantExposure
from likeness.domain.errors import Forbidden
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import Moderator
from likeness.ports.review import DeskCounters
from likeness.ports.runtime import Clock
from likeness.presenters.review import exposure_view


def grant_exposure(
    request: GrantExposure,
    *,
    moderator: Moderator,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> ExposureView:
    """Leads cannot grant it to themselves: another lead checks on them first."""
    if not moderator.lead:
        raise Forbidden("only a lead may let a moderator reveal more pictures")
    if request.moderator == moderator.id:
        raise Forbidden("ask another lead: you cannot grant this to yourself")
    audit_event = AuditEvent(
        at=clock.now(),
        actor=moderator.id,
        action=AuditAction.EXPOSURE_GRANTED,
        details={"moderator": request.moderator, "more": str(request.more)},
    )
    return exposure_view(desk_counters.grant(audit_event, request.moderator, request.more), budget)
