"""Step RequestSecondReview: waits for a second decision, until the deadline."""

from likeness import bootstrap
from likeness.contracts.review import RequestReviewInput
from likeness.entrypoints.step import step
from likeness.services.review.request_second_review import request_second_review


@step(RequestReviewInput)
def handler(request: RequestReviewInput) -> None:
    request_second_review(
        request.job_id,
        request.task_token,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        decide_within=bootstrap.settings().decide_second_within,
    )
