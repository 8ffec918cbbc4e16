"""The anchors of the audit log, and the heads of all its chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import AnchorsView, AnchorView, ChainHeadView
from likeness.domain.errors import Forbidden
from likeness.domain.paging import ResultPage, cursor, position
from likeness.domain.review.audit import SignedAnchor

if TYPE_CHECKING:
    from likeness.api.message import PageQuery
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog

OF = "anchors"


def list_anchors(query: PageQuery, *, moderator: Moderator, audit_log: AuditLog) -> AnchorsView:
    """For leads. The heads are read last, so no anchor is ahead of them."""
    if not moderator.lead:
        raise Forbidden("only leads export the audit log")
    after = int(position(query.cursor, of=OF) or 0)
    page = ResultPage[SignedAnchor].of(
        audit_log.anchors(after=after), limit=query.limit, position=lambda one: str(one.number)
    )
    return AnchorsView(
        anchors=tuple(AnchorView(**anchor.model_dump()) for anchor in page.items),
        heads=tuple(ChainHeadView(**head.model_dump()) for head in audit_log.heads()),
        next=cursor(page.last, of=OF),
    )
