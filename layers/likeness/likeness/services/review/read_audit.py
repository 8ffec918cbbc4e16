"""The audit log of one case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import AuditView
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.kinds import ReviewState
from likeness.presenters.review import audit_entry_view
from likeness.services.review.blind import case_for

if TYPE_CHECKING:
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Reviews
    from likeness.ports.runtime import Clock


def read_audit(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    reviews: Reviews,
    audit_log: AuditLog,
    clock: Clock,
) -> AuditView:
    """While a case waits, `opened` is not shown: its time would tell a second opinion."""
    review = case_for(review_id, moderator, reviews=reviews, now=clock.now())
    waits = review.state is ReviewState.WAITING
    return AuditView(
        review_id=review_id,
        entries=tuple(
            audit_entry_view(entry)
            for entry in audit_log.for_review(review.review_id)
            if not (waits and entry.action is AuditAction.OPENED)
        ),
    )
