"""A moderator decides a review, and the job goes on or ends."""

from likeness.api import Decide
from likeness.contracts import Reviewed
from likeness.domain.errors import Conflict, Forbidden, Invalid
from likeness.domain.ids import ReviewId
from likeness.domain.review import Review, ReviewState
from likeness.ports import Clock, Jobs, Reviews, Workflow


def decide_review(
    review_id: ReviewId,
    decision: Decide,
    *,
    moderator: str,
    jobs: Jobs,
    reviews: Reviews,
    workflow: Workflow,
    clock: Clock,
) -> Review:
    """The decision is stored before the state machine hears of it.

    The same moderator may send the same decision again: an answer that was lost on its way to the
    state machine is given again. Anybody else gets Conflict.
    """
    if decision.approve == (decision.reason is not None):
        raise Invalid("approve without a reason, or refuse with the reason code of the rule")
    review = reviews.get(review_id)
    if jobs.get(review.job_id).user_id == moderator:
        raise Forbidden("moderators do not decide about their own photos")
    state = ReviewState.APPROVED if decision.approve else ReviewState.REFUSED
    if (review.state, review.decided_by, review.reason) != (state, moderator, decision.reason):
        review = review.decide(state, now=clock.now(), by=moderator, reason=decision.reason)
        reviews.save(review)
    answer = Reviewed(job_id=review.job_id, approved=decision.approve)
    try:
        workflow.resume(reviews.task_token(review_id), answer.model_dump(mode="json"))
    except Conflict as late:
        raise Conflict(f"review {review_id} is no longer waited for") from late
    return review
