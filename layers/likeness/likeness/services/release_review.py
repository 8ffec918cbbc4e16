"""Give a case back to the queue, undecided."""

from likeness.api_reviews import ReviewSummary
from likeness.domain.audit import Act, Deed
from likeness.domain.ids import ReviewId
from likeness.domain.review import Moderator
from likeness.ports import Clock, Reviews
from likeness.services.list_reviews import summary


def release_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> ReviewSummary:
    now = clock.now()
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    released = review.release(moderator.subject, now)
    deed = Deed(
        at=now,
        actor=moderator.subject,
        act=Act.RELEASED,
        review_id=review_id,
        job_id=review.job_id,
    )
    reviews.save(released, deed)
    return summary(released, moderator, now)
