"""The audit log of one case."""

from likeness.api.review import AuditView
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.ports.review import AuditLog, Reviews
from likeness.presenters.review import audit_entry_view
from likeness.services.review.blind import require_not_blind


def read_audit(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, audit_log: AuditLog
) -> AuditView:
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    require_not_blind(review, moderator, reviews)
    return AuditView(
        review_id=review_id,
        entries=tuple(audit_entry_view(entry) for entry in audit_log.for_review(review_id)),
    )
