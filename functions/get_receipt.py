"""GET /v1/jobs/{job_id}/receipt: the signed receipt of its deletion."""

from likeness.api.app import ReceiptView
from likeness.bootstrap import app_backend
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route


@route("GET", "/v1/jobs/{job_id}/receipt", gives=ReceiptView)
def handler(job_id: JobId) -> ReceiptView:
    """A JWS that `python -m likeness.receipts verify` checks; 404 until the photos are gone."""
    return app_backend.get_receipt(job_id)
