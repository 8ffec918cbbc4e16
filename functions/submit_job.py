"""POST /v1/jobs/{job_id}/submit: start the pipeline."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.jobs import JobStateView
from likeness.domain.errors import (
    ConcurrentChange,
    ErasureRunning,
    JobEnded,
    NotAccepting,
    NotEnoughPhotos,
    OverQuota,
    PhotosBeingChecked,
    TierClosed,
    TierLimit,
    TooManyPhotos,
    UnknownStyle,
    UserBlocked,
)
from likeness.domain.ids import JobId
from likeness.entrypoints.http import route
from likeness.services.jobs.submit_job import submit_job


@route(
    "POST",
    "/v1/jobs/{job_id}/submit",
    gives=JobStateView,
    status=HTTPStatus.ACCEPTED,
    raises=[
        ConcurrentChange,
        ErasureRunning,
        JobEnded,
        NotAccepting,
        NotEnoughPhotos,
        OverQuota,
        PhotosBeingChecked,
        TierClosed,
        TierLimit,
        TooManyPhotos,
        UnknownStyle,
        UserBlocked,
    ],
)
def handler(job_id: JobId) -> JobStateView:
    """Submit a job: reserves the quota day and starts the work.

    Needs 3 to 10 accepted photos. The day is spent when the job completes or is refused by policy,
    and returned by every other end. Idempotent: a submitted job returns its state.
    """
    return submit_job(
        job_id,
        backend=bootstrap.settings().backend_and_engine,
        jobs=bootstrap.jobs(),
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        holds=bootstrap.holds(),
        photos=bootstrap.photos(),
        inspections=bootstrap.inspections(),
        workflow=bootstrap.workflow(),
        timers=bootstrap.timers(),
        operating_state=bootstrap.operating_state(),
        clock=bootstrap.CLOCK,
        tiers=policy_files.load_tiers(),
    )
