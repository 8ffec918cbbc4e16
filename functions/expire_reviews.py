"""Schedule: closes appeals and second opinions whose deadline has passed."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.expire_reviews import expire_reviews


@on_schedule
def handler() -> int:
    return expire_reviews(
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeals(),
        photos=bootstrap.photos(),
        ledger=bootstrap.ledger(),
        users=bootstrap.users(),
        clock=bootstrap.CLOCK,
    )
