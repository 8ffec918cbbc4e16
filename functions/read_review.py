"""GET /v1/reviews/{review_id}: one case, with links that live a minute."""

from likeness.api import ReviewView
from likeness.bootstrap import moderators
from likeness.domain.ids import ReviewId
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews/{review_id}", gives=ReviewView, moderators=True)
def handler(review_id: ReviewId, moderator: str) -> ReviewView:
    """What was found in which photo. Links to the photos live a minute."""
    return moderators.read_review(review_id, moderator)
