"""The catalogue of styles that a user may choose."""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from likeness.api.catalogue import StylesView
from likeness.domain.paging import ResultPage, cursor, position
from likeness.presenters.jobs import style_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.api.message import PageQuery
    from likeness.domain.ids import StyleId
    from likeness.domain.jobs.catalogue import StyleCard
    from likeness.ports.jobs import OperatingState

OF = "styles"


def list_styles(
    query: PageQuery, *, styles: Mapping[StyleId, StyleCard], operating_state: OperatingState
) -> StylesView:
    """In the catalogue's order, without those that operators switched off.

    A cursor stays valid if its style is withdrawn.
    """
    off = operating_state.switches().styles_off
    after = position(query.cursor, of=OF)
    cards = iter(styles.values())
    if after is not None:
        cards = dropwhile(lambda card: card.style != after, cards)
        next(cards, None)
    left = (card for card in cards if not card.withdrawn and card.style not in off)
    page = ResultPage.of(left, limit=query.limit, position=lambda card: card.style)
    return StylesView(
        styles=tuple(style_view(card) for card in page.items), next=cursor(page.last, of=OF)
    )
