"""SQS queue of pending decisions: a decision takes effect once it can no longer be undone."""

from likeness import bootstrap
from likeness.domain.ids import ReviewId
from likeness.entrypoints.decisions import on_decision
from likeness.services.review.complete_decision import complete_decision


@on_decision
def handler(review_id: ReviewId) -> bool:
    return complete_decision(
        review_id,
        reviews=bootstrap.reviews(),
        known_cases=bootstrap.known_cases(),
        effect=bootstrap.decision_effect(),
    )
