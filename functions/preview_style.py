"""GET /v1/styles/{style}/preview: what a style looks like."""

from likeness.bootstrap import app_backend
from likeness.domain.ids import StyleId
from likeness.entrypoints.http import Picture, route


@route("GET", "/v1/styles/{style}/preview", gives=Picture, media_type="image/webp")
def handler(style: StyleId) -> Picture:
    """A small WebP picture of the style."""
    return Picture(app_backend.preview_style(style), "image/webp")
