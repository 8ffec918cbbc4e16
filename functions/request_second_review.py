"""Step RequestSecondReview: park the job until a second moderator has decided, or time is up."""

from likeness.bootstrap import pipeline
from likeness.contracts import RequestReviewInput
from likeness.entrypoints.step import step


@step(RequestReviewInput)
def handler(request: RequestReviewInput) -> None:
    pipeline.request_second_review(request.job_id, request.task_token)
