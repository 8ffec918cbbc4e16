"""Step RequestReview: waits for a moderator's decision, until the deadline."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.review import RequestReviewInput
from likeness.entrypoints.step import step
from likeness.services.review.request_review import request_review


@step(RequestReviewInput)
def handler(request: RequestReviewInput) -> None:
    request_review(
        request.job_id,
        request.task_token,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        holds=bootstrap.holds(),
        clock=bootstrap.CLOCK,
        policy=policy_files.load_policy(),
        tiers=policy_files.load_tiers(),
        decide_within=bootstrap.settings().decide_within,
    )
