"""The catalogue of styles that may be picked."""

from collections.abc import Mapping

from likeness.api import StylesView, StyleView
from likeness.domain.catalogue import StyleCard
from likeness.domain.ids import StyleId


def list_styles(*, styles: Mapping[StyleId, StyleCard]) -> StylesView:
    return StylesView(
        styles=tuple(
            StyleView(
                style=card.style,
                name=dict(card.name),
                description=dict(card.description),
                preview=f"/v1/styles/{card.style}/preview",
            )
            for card in styles.values()
            if not card.withdrawn
        )
    )
