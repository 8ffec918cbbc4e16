"""GET /v1/jobs/{job_id}: a job, and the search for its lost uploads while it is open."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.app import JobView, QuotaView
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.test_plan import TestPlan
from likeness.entrypoints.http import route
from likeness.services.account.get_quota import get_quota
from likeness.services.jobs.get_job import get_job


def _quota(user_id: UserId, test: TestPlan | None) -> QuotaView:
    return get_quota(
        user_id,
        test=test,
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        keyed_hash=bootstrap.keyed_hash(),
        clock=bootstrap.CLOCK,
        tiers=policy_files.load_tiers(),
    )


@route("GET", "/v1/jobs/{job_id}", gives=JobView)
def handler(job_id: JobId) -> JobView:
    """The job as the app shows it.

    State, the verdict of each photo, progress, and avatars with URLs valid for five minutes. While
    the job is open, it also finds uploads whose event was lost.
    """
    return get_job(
        job_id,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        inspections=bootstrap.inspections(),
        avatar_store=bootstrap.avatar_store(),
        work=bootstrap.work(),
        durations=bootstrap.durations(),
        deletions=bootstrap.deletions(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeals(),
        readiness=bootstrap.readiness(),
        clock=bootstrap.CLOCK,
        reasons=policy_files.load_reasons(),
        quota=_quota,
    )
