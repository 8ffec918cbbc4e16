"""Who did what in a case, as the audit trail has it."""

from likeness.api_reviews import ActView, AuditView
from likeness.domain.ids import ReviewId
from likeness.domain.review import Moderator
from likeness.ports import Reviews, Trail
from likeness.services.read_review import keep_blind


def read_audit(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, trail: Trail
) -> AuditView:
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    keep_blind(review, moderator, reviews)
    return AuditView(
        review_id=review_id,
        acts=tuple(
            ActView(
                number=entry.number,
                at=entry.at,
                actor=entry.actor,
                act=entry.act,
                details=entry.details,
                previous=entry.previous,
                hash=entry.hash,
            )
            for entry in trail.of(review_id)
        ),
    )
