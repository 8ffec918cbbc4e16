"""POST /v1/reviews/{review_id}/decision: approve, or refuse."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.review import DecideReview, ReviewSummary
from likeness.domain.errors import CASE_CONFLICTS, ConcurrentChange, MustBeHeld
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
    raises=[*CASE_CONFLICTS, ConcurrentChange, MustBeHeld],
    on_repeat=OnRepeat.RUN_AGAIN,  # a moderator may repeat a decision
)
def handler(review_id: ReviewId, request: DecideReview, moderator: Moderator) -> ReviewSummary:
    """Approve, or refuse with a reason code for each photo that breaks a rule.

    The decision takes effect at `undo_until`.
    """
    return decide_review(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        pending=bootstrap.pending_decisions(),
        clock=bootstrap.CLOCK,
        escalate=policy_files.load_policy().escalate,
        undo=bootstrap.settings().undo,
        second_percent=bootstrap.settings().second_review_percent,
    )
