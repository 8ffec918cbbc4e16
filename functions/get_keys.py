"""GET /v1/keys: the public keys of receipts, for everybody."""

from likeness.api.app import KeysView
from likeness.bootstrap import app_backend
from likeness.entrypoints.http import route


@route("GET", "/v1/keys", gives=KeysView, public=True)
def handler() -> KeysView:
    """A JSON Web Key Set. Needs no signature: whoever has a receipt may verify it."""
    return app_backend.get_keys()
