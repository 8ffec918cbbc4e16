"""The holds: those that wait for a lead first, the oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.holds import HoldsView
from likeness.domain.errors import Forbidden
from likeness.domain.paging import cursor, position
from likeness.presenters.holds import hold_summary

if TYPE_CHECKING:
    from likeness.api.message import PageQuery
    from likeness.domain.review.case import Moderator
    from likeness.ports.holds import Holds

OF = "holds"


def list_holds(query: PageQuery, *, moderator: Moderator, holds: Holds) -> HoldsView:
    if not moderator.lead:
        raise Forbidden("only leads see holds")  # and no lead that of their own photos
    page = holds.list(limit=query.limit, after=position(query.cursor, of=OF))
    return HoldsView(
        holds=tuple(hold_summary(one) for one in page.items if not moderator.is_user(one.user_id)),
        next=cursor(page.last, of=OF),
    )
