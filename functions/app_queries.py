"""Reads of the app backend: quota, receipts, erasures. Changes nothing."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.account import ErasureView, QuotaQuery, QuotaView
from likeness.api.receipts import ReceiptView
from likeness.domain.errors import JobRunning, PhotosNotDeletedYet, TestModeOff
from likeness.domain.ids import ErasureId, JobId, UserId
from likeness.domain.jobs.test_plan import TestPlan, plan_of_day
from likeness.entrypoints.http import route, routes
from likeness.services.account.get_erasure import get_erasure
from likeness.services.account.get_quota import get_quota
from likeness.services.deletion.get_receipt import get_receipt


def _plan(query: QuotaQuery) -> TestPlan | None:
    return plan_of_day(query.test_day, test_mode=bootstrap.settings().test_mode)


@route("GET", "/v1/users/{user_id}/quota", query=QuotaQuery, gives=QuotaView, raises=[TestModeOff])
def get_quota_handler(user_id: UserId, query: QuotaQuery) -> QuotaView:
    """The user's quota: used, left, and when the next day begins.

    Of the user's current local date, with what each job did to it. A user without a job has the
    day of UTC.
    """
    return get_quota(
        user_id,
        test=_plan(query),
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        keyed_hash=bootstrap.keyed_hash(),
        clock=bootstrap.CLOCK,
        tiers=policy_files.load_tiers(),
    )


@route(
    "GET",
    "/v1/jobs/{job_id}/receipt",
    gives=ReceiptView,
    raises=[JobRunning, PhotosNotDeletedYet],
)
def get_receipt_handler(job_id: JobId) -> ReceiptView:
    """The signed receipt of a job's deletion.

    A JWS that `python -m likeness.receipts verify` checks with `GET /v1/keys` alone. Signed when
    the photos are deleted, seconds after the end of the job.
    """
    return get_receipt(job_id, jobs=bootstrap.jobs(), deletions=bootstrap.deletions())


@route("GET", "/v1/erasures/{erasure_id}", gives=ErasureView)
def get_erasure_handler(erasure_id: ErasureId) -> ErasureView:
    """The state of an erasure, and its receipt when done.

    What was deleted, when, and what remains. Names no user.
    """
    return get_erasure(erasure_id, erasures=bootstrap.erasures())


handler = routes(get_quota_handler, get_receipt_handler, get_erasure_handler)
