"""A lead lets a moderator reveal more pictures today."""

from likeness.api_reviews import ExposureView, GrantExposure
from likeness.domain.audit import Act, Deed
from likeness.domain.errors import Forbidden
from likeness.domain.review import Moderator
from likeness.ports import Clock, Desk
from likeness.services.list_reviews import exposed


def grant_exposure(
    request: GrantExposure, *, moderator: Moderator, desk: Desk, clock: Clock, budget: int
) -> ExposureView:
    """Never to oneself: the point is that somebody else asks how you are."""
    if not moderator.lead:
        raise Forbidden("only a lead may let a moderator reveal more pictures")
    if request.moderator == moderator.subject:
        raise Forbidden("ask another lead: nobody grants this to themselves")
    deed = Deed(
        at=clock.now(),
        actor=moderator.subject,
        act=Act.EXPOSURE_GRANTED,
        details={"moderator": request.moderator, "more": str(request.more)},
    )
    return exposed(desk.grant(deed, request.moderator, request.more), budget)
