"""POST /v1/reviews/{review_id}/decision: approve, or refuse with a reason code."""

from likeness.api import Decide, ReviewView
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict
from likeness.domain.ids import ReviewId
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/decision",
    takes=Decide,
    gives=ReviewView,
    moderators=True,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,  # the same moderator may send the same decision again
)
def handler(review_id: ReviewId, request: Decide, moderator: str) -> ReviewView:
    """Approve the photos, or refuse them with the reason code of the rule they break."""
    return moderators.decide_review(review_id, request, moderator)
