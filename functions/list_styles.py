"""GET /v1/styles: the catalogue."""

from likeness.api.app import Page, StylesView
from likeness.bootstrap import app_backend
from likeness.entrypoints.http import route


@route("GET", "/v1/styles", query=Page, gives=StylesView)
def handler(query: Page) -> StylesView:
    """The styles that may be picked, with names and descriptions in English and German."""
    return app_backend.list_styles(query)
