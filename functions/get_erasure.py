"""GET /v1/erasures/{erasure_id}: how far an erasure is, and its receipt."""

from likeness.api.app import ErasureView
from likeness.bootstrap import app_backend
from likeness.domain.ids import ErasureId
from likeness.entrypoints.http import route


@route("GET", "/v1/erasures/{erasure_id}", gives=ErasureView)
def handler(erasure_id: ErasureId) -> ErasureView:
    """Once it is done it names nobody: what was deleted, when, and what stays."""
    return app_backend.get_erasure(erasure_id)
