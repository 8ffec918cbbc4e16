"""POST /v1/reviews/{review_id}/decision: approve, or refuse."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.review import DecideReview, ReviewSummary
from likeness.domain.errors import CaseClosed, ConcurrentChange, MustBeHeld, NoLease
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.decide_review import decide_review


@route(
    "POST",
    "/v1/reviews/{review_id}/decision",
    takes=DecideReview,
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[CaseClosed, ConcurrentChange, MustBeHeld, NoLease],
    on_repeat=OnRepeat.RUN_AGAIN,  # a moderator may repeat a decision
)
def handler(review_id: ReviewId, request: DecideReview, moderator: Moderator) -> ReviewSummary:
    """Approve, or refuse with a reason code for each photo that breaks a rule."""
    return decide_review(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeal_closing(),
        workflow=bootstrap.workflow(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        escalate=policy_files.load_policy().escalate,
        second_percent=bootstrap.settings().second_review_percent,
    )
