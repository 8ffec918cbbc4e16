"""Schedule: closes appeals and second opinions whose deadline has passed."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.expire_reviews import expire_reviews


@on_schedule
def handler() -> int:
    return expire_reviews(
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeal_closing(),
        clock=bootstrap.CLOCK,
    )
