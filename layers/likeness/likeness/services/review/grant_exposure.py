"""A lead lets a moderator reveal more pictures today."""

from likeness.api.review import ExposureView, GrantExposure
from likeness.domain.errors import Forbidden
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import Moderator
from likeness.ports.review import DeskCounters
from likeness.ports.runtime import Clock
from likeness.services.review.list_reviews import exposed


def grant_exposure(
    request: GrantExposure,
    *,
    moderator: Moderator,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> ExposureView:
    """Never to oneself: the point is that somebody else asks how you are."""
    if not moderator.lead:
        raise Forbidden("only a lead may let a moderator reveal more pictures")
    if request.moderator == moderator.id:
        raise Forbidden("ask another lead: nobody grants this to themselves")
    audit_event = AuditEvent(
        at=clock.now(),
        actor=moderator.id,
        action=AuditAction.EXPOSURE_GRANTED,
        details={"moderator": request.moderator, "more": str(request.more)},
    )
    return exposed(desk_counters.grant(audit_event, request.moderator, request.more), budget)
