"""Reads of the app backend: lists, quota, receipts, erasures. Changes nothing."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.app import ErasureView, JobsView, PageQuery, QuotaView, ReceiptView
from likeness.domain.ids import ErasureId, JobId, UserId
from likeness.entrypoints.http import route, routes
from likeness.services.account.get_erasure import get_erasure
from likeness.services.account.get_quota import get_quota
from likeness.services.deletion.get_receipt import get_receipt
from likeness.services.jobs.list_jobs import list_jobs


@route("GET", "/v1/users/{user_id}/jobs", query=PageQuery, gives=JobsView)
def list_jobs_handler(user_id: UserId, query: PageQuery) -> JobsView:
    """A user's jobs, newest first.

    Eventually consistent: a job may appear a moment after its creation. Records expire after 90
    days.
    """
    return list_jobs(user_id, query, jobs=bootstrap.jobs(), reasons=policy_files.load_reasons())


@route("GET", "/v1/users/{user_id}/quota", gives=QuotaView)
def get_quota_handler(user_id: UserId) -> QuotaView:
    """The user's quota: used, left, and when the next day begins.

    Of the user's current local date, with what each job did to it. A user without a job has the
    day of UTC.
    """
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
    """The signed receipt of a job's deletion.

    A JWS that `python -m likeness.receipts verify` checks with `GET /v1/keys` alone; 404 until the
    photos are deleted.
    """
    return get_receipt(job_id, deletions=bootstrap.deletions())


@route("GET", "/v1/erasures/{erasure_id}", gives=ErasureView)
def get_erasure_handler(erasure_id: ErasureId) -> ErasureView:
    """The state of an erasure, and its receipt when done.

    What was deleted, when, and what remains. Names no user.
    """
    return get_erasure(erasure_id, erasures=bootstrap.erasures())


handler = routes(list_jobs_handler, get_quota_handler, get_receipt_handler, get_erasure_handler)
