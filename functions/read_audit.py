"""GET /v1/reviews/{review_id}/audit: who did what in a case."""

from likeness.api.review import AuditView
from likeness.bootstrap import moderators
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews/{review_id}/audit", gives=AuditView, moderators=True)
def handler(review_id: ReviewId, moderator: Moderator) -> AuditView:
    """The case's entries of the audit log, the oldest first."""
    return moderators.read_audit(review_id, moderator)
