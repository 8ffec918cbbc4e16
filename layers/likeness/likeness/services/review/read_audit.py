"""Who did what in a case, as the audit log has it."""

from likeness.api.review import AuditEntryView, AuditView
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.ports.review import AuditLog, Reviews
from likeness.services.review.read_review import keep_blind


def read_audit(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, audit_log: AuditLog
) -> AuditView:
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    keep_blind(review, moderator, reviews)
    return AuditView(
        review_id=review_id,
        entries=tuple(
            AuditEntryView(
                number=entry.number,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                details=entry.details,
                previous=entry.previous,
                hash=entry.hash,
            )
            for entry in audit_log.of(review_id)
        ),
    )
