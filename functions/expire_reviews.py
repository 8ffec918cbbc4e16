"""Schedule: closes late appeals and second opinions, and decisions whose message was lost."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.expire_reviews import expire_reviews


@on_schedule
def handler() -> int:
    return expire_reviews(
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeal_closing(),
        effect=bootstrap.decision_effect(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
    )
