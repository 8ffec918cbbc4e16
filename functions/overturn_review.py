"""POST /v1/reviews/{review_id}/overturn: reverse a decision that took effect."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.review import DecidedView, OverturnReview
from likeness.domain.errors import CASE_CONFLICTS, ConcurrentChange, NotReversible
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.overturn_review import overturn_review


@route(
    "POST",
    "/v1/reviews/{review_id}/overturn",
    takes=OverturnReview,
    gives=DecidedView,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange, NotReversible],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(review_id: ReviewId, request: OverturnReview, moderator: Moderator) -> DecidedView:
    """For leads: refuse an approved case while its job runs, or approve a refused one."""
    return overturn_review(
        review_id,
        request,
        moderator=moderator,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeal_closing(),
        workflow=bootstrap.workflow(),
        holding=bootstrap.holding(),
        escalate=policy_files.load_policy().escalate,
        clock=bootstrap.CLOCK,
    )
