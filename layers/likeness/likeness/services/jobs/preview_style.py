"""The preview picture of a style in the catalogue."""

from collections.abc import Callable, Container

from likeness.api.app import PreviewQuery
from likeness.domain.errors import NotFound
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
