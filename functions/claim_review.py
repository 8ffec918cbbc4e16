"""POST /v1/reviews/{review_id}/claim: take a case."""

from likeness.api.review import ClaimView
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/claim",
    gives=ClaimView,
    moderators=True,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,
)
def handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Yours until the lease runs out; a heartbeat begins it anew."""
    return moderators.claim_review(review_id, moderator)
