"""GET /v1/reviews/{review_id}: one case, with blurred copies."""

from likeness.api.review import CaseView
from likeness.bootstrap import moderators
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews/{review_id}", gives=CaseView, moderators=True)
def handler(review_id: ReviewId, moderator: Moderator) -> CaseView:
    """What was found in which photo, and a small, grey, blurred copy of each."""
    return moderators.read_review(review_id, moderator)
