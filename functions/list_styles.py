"""GET /v1/styles: the catalogue."""

from likeness import bootstrap
from likeness.api import StylesView
from likeness.entrypoints.http import route


@route("GET", "/v1/styles", gives=StylesView)
def handler() -> StylesView:
    """The styles that may be picked, with names and descriptions in English and German."""
    return bootstrap.list_styles()
