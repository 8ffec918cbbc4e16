"""Styles, versions of the consent text, public keys of receipts. Reads no user data."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.catalogue import ConsentsView, PreviewQuery, StylesView
from likeness.api.message import PageQuery
from likeness.api.receipts import KeysView
from likeness.domain.ids import StyleId
from likeness.entrypoints.http import Picture, route, routes
from likeness.services.deletion.get_keys import get_keys
from likeness.services.jobs.get_consents import get_consents
from likeness.services.jobs.list_styles import list_styles
from likeness.services.jobs.preview_style import preview_style


@route("GET", "/v1/styles", query=PageQuery, gives=StylesView, public=True)
def list_styles_handler(query: PageQuery) -> StylesView:
    """Styles that can be chosen.

    With names and descriptions in English and German, in the order in which to show them.
    """
    return list_styles(
        query,
        styles=policy_files.load_styles(),
        operating_state=bootstrap.operating_state(),
    )


@route(
    "GET",
    "/v1/styles/{style}/preview",
    query=PreviewQuery,
    gives=Picture,
    media_type="image/webp",
    public=True,
)
def preview_style_handler(style: StyleId, query: PreviewQuery) -> bytes:
    """A preview picture of a style: WebP in two sizes, drawn from a public-domain photo.

    An `<img>` may show it: it needs no signature. `If-None-Match` with the picture's `ETag` gets
    304.
    """
    return preview_style(
        style, query, styles=policy_files.load_styles(), load_preview=policy_files.load_preview
    )


@route("GET", "/v1/consents", gives=ConsentsView)
def get_consents_handler() -> ConsentsView:
    """Versions of the consent text that are in force, newest first.

    A new job needs the user's consent to one of them, given since that version began.
    """
    return get_consents(versions=bootstrap.settings().consents, clock=bootstrap.CLOCK)


@route("GET", "/v1/keys", gives=KeysView, public=True)
def get_keys_handler() -> KeysView:
    """The public keys that verify receipts.

    A JSON Web Key Set (RFC 7517). Needs no signature.
    """
    return get_keys(signer=bootstrap.signer())


handler = routes(list_styles_handler, preview_style_handler, get_consents_handler, get_keys_handler)
