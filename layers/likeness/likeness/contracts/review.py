"""Messages of the steps that ask for a review."""

from pydantic import Field

from likeness.contracts import JobRef


class RequestReviewInput(JobRef):
    """Input of RequestReview: the decision completes the task of this token."""

    task_token: str


class ReviewResult(JobRef):
    approved: bool
    second: bool = Field(default=False, description="a second review follows")
