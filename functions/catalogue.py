"""The catalogue of styles, and the public keys of receipts. Public: reads no user data."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.app import KeysView, PageQuery, PreviewQuery, StylesView
from likeness.domain.ids import StyleId
from likeness.entrypoints.http import Picture, route, routes
from likeness.services.deletion.get_keys import get_keys
from likeness.services.jobs.list_styles import list_styles
from likeness.services.jobs.preview_style import preview_style


@route("GET", "/v1/styles", query=PageQuery, gives=StylesView, public=True)
def list_styles_handler(query: PageQuery) -> StylesView:
    """Styles that can be chosen, with names and descriptions in English and German."""
    return list_styles(query, styles=policy_files.load_styles())


@route(
    "GET",
    "/v1/styles/{style}/preview",
    query=PreviewQuery,
    gives=Picture,
    media_type="image/webp",
    public=True,
)
def preview_style_handler(style: StyleId, query: PreviewQuery) -> bytes:
    """A WebP picture of the style, in two sizes. An <img> can show it: it needs no signature."""
    return preview_style(
        style, query, styles=policy_files.load_styles(), load_preview=policy_files.load_preview
    )


@route("GET", "/v1/keys", gives=KeysView, public=True)
def get_keys_handler() -> KeysView:
    """A JSON Web Key Set that verifies receipts. Needs no signature."""
    return get_keys(signer=bootstrap.signer())


handler = routes(list_styles_handler, preview_style_handler, get_keys_handler)
