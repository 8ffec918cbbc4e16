"""The anchors of the audit log, and the heads of all its chains."""

from itertools import islice

from likeness.api.review import AnchorsQuery, AnchorsView, AnchorView, ChainHeadView
from likeness.domain.errors import Forbidden
from likeness.domain.review.case import Moderator
from likeness.ports.review import AuditLog


def list_anchors(query: AnchorsQuery, *, moderator: Moderator, audit_log: AuditLog) -> AnchorsView:
    """For leads. The heads are read last, so no anchor is ahead of them."""
    if not moderator.lead:
        raise Forbidden("only leads export the audit log")
    found = list(islice(audit_log.anchors(after=query.after), query.limit))
    return AnchorsView(
        anchors=tuple(AnchorView(**anchor.model_dump()) for anchor in found),
        heads=tuple(ChainHeadView(**head.model_dump()) for head in audit_log.heads()),
    )
