"""Give a case back to the queue, undecided."""

from likeness.api.review import ReviewSummary
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import Moderator
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.list_reviews import summary


def release_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, clock: Clock
) -> ReviewSummary:
    now = clock.now()
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    released = review.release(moderator.id, now)
    audit_event = AuditEvent(
        at=now,
        actor=moderator.id,
        action=AuditAction.RELEASED,
        review_id=review_id,
        job_id=review.job_id,
    )
    reviews.save(released, audit_event)
    return summary(released, moderator, now)
