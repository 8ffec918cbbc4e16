"""POST /v1/reviews/{review_id}/heartbeat: still at it."""

from likeness.api.review import ClaimView
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/heartbeat",
    gives=ClaimView,
    moderators=True,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,
)
def handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Begin your lease anew; 409 where it was lost."""
    return moderators.heartbeat_review(review_id, moderator)
