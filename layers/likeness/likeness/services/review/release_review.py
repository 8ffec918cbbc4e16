"""Return an undecided case to the review queue."""

from likeness.api.review import ReviewSummary
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import Moderator
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import review_summary


def release_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> ReviewSummary:
    now = clock.now()
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    released = review.release(moderator.id, now)
    reviews.save(released, about(review, AuditAction.RELEASED, now, actor=moderator.id))
    return review_summary(released, moderator, now)
