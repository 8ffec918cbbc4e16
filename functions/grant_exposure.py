"""POST /v1/reviews/exposure: more pictures for a moderator."""

from likeness.api.review import ExposureView, GrantExposure
from likeness.bootstrap import moderators
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route


@route("POST", "/v1/reviews/exposure", takes=GrantExposure, gives=ExposureView, moderators=True)
def handler(request: GrantExposure, moderator: Moderator) -> ExposureView:
    """For leads: let somebody else reveal more pictures today."""
    return moderators.grant_exposure(request, moderator)
