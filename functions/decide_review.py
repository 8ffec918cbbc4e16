"""POST /v1/reviews/{review_id}/decision: approve, or refuse."""

from likeness.api.review import Decide, ReviewSummary
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/decision",
    takes=Decide,
    gives=ReviewSummary,
    moderators=True,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,  # the same moderator may send the same decision again
)
def handler(review_id: ReviewId, request: Decide, moderator: Moderator) -> ReviewSummary:
    """Approve, or refuse with a reason code for each photo that breaks a rule."""
    return moderators.decide_review(review_id, request, moderator)
