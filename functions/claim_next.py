"""POST /v1/reviews/next: the next case, claimed, with blurred copies of its photos."""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.api.review import ClaimNext, NextView
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.claim_next import claim_next


@route(
    "POST",
    "/v1/reviews/next",
    takes=ClaimNext,
    gives=NextView,
    moderators=bootstrap.staff,
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(request: ClaimNext, moderator: Moderator) -> NextView:
    """Claim the next case that you may work. Only you get it."""
    return claim_next(
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        desk_counters=bootstrap.desk_counters(),
        case=bootstrap.case_reader(pictures),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
        budget=bootstrap.settings().exposure_budget,
    )
