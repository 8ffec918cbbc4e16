"""GET /v1/jobs/{job_id}: a job, and the search for its lost uploads while it is open."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.account import QuotaView
from likeness.api.job_view import JobView
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import Job
from likeness.entrypoints.http import route
from likeness.services.account.get_quota import quota_of
from likeness.services.jobs.get_job import get_job


def _quota(job: Job) -> QuotaView:
    return quota_of(
        job.user_id,
        job.user_hash,  # of the job: a poll needs no call of KMS
        test=job.test,
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        clock=bootstrap.CLOCK,
        tiers=policy_files.load_tiers(),
    )


@route("GET", "/v1/jobs/{job_id}", gives=JobView)
def handler(job_id: JobId) -> JobView:
    """The job as the app shows it.

    State, the verdict of each photo, progress, and avatars with URLs valid for five minutes. While
    the job is open, it also finds uploads whose event was lost. `Retry-After` says when to read it
    again.
    """
    return get_job(
        job_id,
        shown_jobs=bootstrap.shown_jobs(),
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        inspections=bootstrap.inspections(),
        avatar_store=bootstrap.avatar_store(),
        work=bootstrap.work(),
        durations=bootstrap.durations(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeals(),
        readiness=bootstrap.readiness(),
        clock=bootstrap.CLOCK,
        reasons=policy_files.load_reasons(),
        quota=_quota,
    )
