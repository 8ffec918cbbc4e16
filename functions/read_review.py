"""GET /v1/reviews/{review_id}: one case, with blurred copies of its photos."""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.api.review import CaseView
from likeness.domain.errors import CaseTaken
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route
from likeness.services.review.read_review import read_review


@route(
    "GET", "/v1/reviews/{review_id}", gives=CaseView, moderators=bootstrap.staff, raises=[CaseTaken]
)
def handler(review_id: ReviewId, moderator: Moderator) -> CaseView:
    """The findings on each photo, and a small, grey, blurred copy of it."""
    return read_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        case=bootstrap.case_reader(pictures),
        clock=bootstrap.CLOCK,
    )
