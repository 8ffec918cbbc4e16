"""The preview picture of a style in the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from likeness.api.catalogue import PreviewQuery
    from likeness.domain.ids import StyleId


def preview_style(
    style: StyleId,
    query: PreviewQuery,
    *,
    styles: Container[StyleId],
    load_preview: Callable[[StyleId, str], bytes],
) -> bytes:
    """A WebP picture. Withdrawn styles have one too. Raises NotFound for an unknown style."""
    if style not in styles:
        raise NotFound("there is no such style: GET /v1/styles lists them")
    return load_preview(style, query.size)
