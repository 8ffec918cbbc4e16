"""The catalogue of styles that may be picked."""

from collections.abc import Mapping
from itertools import dropwhile

from likeness.api.app import Page, StylesView, StyleView
from likeness.domain.ids import StyleId
from likeness.domain.jobs.catalogue import StyleCard
from likeness.domain.paging import Part, cursor, position

OF = "styles"


def list_styles(query: Page, *, styles: Mapping[StyleId, StyleCard]) -> StylesView:
    """In the catalogue's order. One withdrawn between two pages still has its place."""
    after = position(query.cursor, of=OF)
    cards = iter(styles.values())
    if after is not None:
        cards = dropwhile(lambda card: card.style != after, cards)
        next(cards, None)
    left = (card for card in cards if not card.withdrawn)
    page = Part.of(left, limit=query.limit, position=lambda card: card.style)
    return StylesView(
        styles=tuple(_view(card) for card in page.items), next=cursor(page.last, of=OF)
    )


def _view(card: StyleCard) -> StyleView:
    return StyleView(
        style=card.style,
        name=dict(card.name),
        description=dict(card.description),
        preview=f"/v1/styles/{card.style}/preview",
    )
