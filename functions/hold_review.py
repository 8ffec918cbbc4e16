"""POST /v1/reviews/{review_id}/hold: the photos may be illegal."""

from likeness import bootstrap
from likeness.api.holds import HoldReview
from likeness.api.review import ReviewSummary
from likeness.domain.errors import CASE_CONFLICTS, ConcurrentChange
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.hold_review import hold_review


@route(
    "POST",
    "/v1/reviews/{review_id}/hold",
    takes=HoldReview,
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(review_id: ReviewId, request: HoldReview, moderator: Moderator) -> ReviewSummary:
    """Preserve the job's photos, and leave the case to the leads: the photos may be illegal."""
    return hold_review(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        holding=bootstrap.holding(),
        clock=bootstrap.CLOCK,
    )
