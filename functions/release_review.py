"""POST /v1/reviews/{review_id}/release: give a case back."""

from likeness.api.review import ReviewSummary
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/release",
    gives=ReviewSummary,
    moderators=True,
    raises=[Conflict],
    repeats=Repeats.DONE_AGAIN,
)
def handler(review_id: ReviewId, moderator: Moderator) -> ReviewSummary:
    """Give the case back to the queue, undecided."""
    return moderators.release_review(review_id, moderator)
