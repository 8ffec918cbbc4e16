"""POST /v1/reviews/exposure: raise a moderator's daily budget of clear pictures."""

from likeness import bootstrap
from likeness.api.review import ExposureView, GrantExposure
from likeness.domain.errors import NotFound
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route
from likeness.services.review.grant_exposure import grant_exposure


@route(
    "POST",
    "/v1/reviews/exposure",
    takes=GrantExposure,
    gives=ExposureView,
    moderators=bootstrap.staff,
    raises=[NotFound],
)
def handler(request: GrantExposure, moderator: Moderator) -> ExposureView:
    """For leads: let a moderator reveal more pictures today."""
    return grant_exposure(
        request,
        moderator=moderator,
        desk_counters=bootstrap.desk_counters(),
        staff=bootstrap.staff(),
        clock=bootstrap.CLOCK,
        budget=bootstrap.settings().exposure_budget,
    )
