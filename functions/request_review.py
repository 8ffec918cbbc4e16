"""Step RequestReview: park the job until a moderator has decided, or the deadline has passed."""

from likeness.bootstrap import pipeline
from likeness.contracts import RequestReviewInput
from likeness.entrypoints.step import step


@step(RequestReviewInput)
def handler(request: RequestReviewInput) -> None:
    pipeline.request_review(request.job_id, request.task_token)
