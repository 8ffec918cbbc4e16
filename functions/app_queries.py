"""Reads of the app backend: quota, receipts, erasures. Changes nothing."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.app import ErasureView, QuotaView, ReceiptView
from likeness.domain.ids import ErasureId, JobId, UserId
from likeness.entrypoints.http import route, routes
from likeness.services.account.get_erasure import get_erasure
from likeness.services.account.get_quota import get_quota
from likeness.services.deletion.get_receipt import get_receipt


@route("GET", "/v1/users/{user_id}/quota", gives=QuotaView)
def get_quota_handler(user_id: UserId) -> QuotaView:
    """The user's quota: used, left, and when the next day begins."""
    return get_quota(
        user_id,
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        keyed_hash=bootstrap.keyed_hash(),
        clock=bootstrap.CLOCK,
        tiers=policy_files.load_tiers(),
    )


@route("GET", "/v1/jobs/{job_id}/receipt", gives=ReceiptView)
def get_receipt_handler(job_id: JobId) -> ReceiptView:
    """A JWS that `python -m likeness.receipts verify` checks; 404 until the photos are deleted."""
    return get_receipt(job_id, deletions=bootstrap.deletions())


@route("GET", "/v1/erasures/{erasure_id}", gives=ErasureView)
def get_erasure_handler(erasure_id: ErasureId) -> ErasureView:
    """State of an erasure. When done: what was deleted, when, and what remains. Names no user."""
    return get_erasure(erasure_id, erasures=bootstrap.erasures())


handler = routes(get_quota_handler, get_receipt_handler, get_erasure_handler)
