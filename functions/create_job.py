"""POST /v1/jobs: open a job."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.jobs import CreateJob, JobCreated, StoredJob
from likeness.domain.errors import (
    ConcurrentChange,
    ConsentNotInForce,
    ErasureRunning,
    NotAccepting,
    NotFound,
    OverQuota,
    TestModeOff,
    TierClosed,
    TierLimit,
    TooManyOpenJobs,
    UnknownStyle,
    UserBlocked,
)
from likeness.entrypoints.http import StoredPart, route
from likeness.services.jobs.create_job import Terms, create_job, create_job_again


def _again(stored: StoredJob) -> JobCreated:
    return create_job_again(
        stored,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        deletions=bootstrap.deletions(),
        clock=bootstrap.CLOCK,
    )


def _terms() -> Terms:
    return Terms(
        styles=policy_files.load_styles(),
        tiers=policy_files.load_tiers(),
        consent_versions=bootstrap.settings().consents,
        submit_within=bootstrap.settings().submit_within,
        test_mode=bootstrap.settings().test_mode,
        deadline=policy_files.load_retention().deadline,
        engine=bootstrap.settings().engine,
    )


@route(
    "POST",
    "/v1/jobs",
    takes=CreateJob,
    gives=JobCreated,
    status=HTTPStatus.CREATED,
    raises=[
        ConcurrentChange,
        ConsentNotInForce,
        ErasureRunning,
        NotAccepting,
        NotFound,
        OverQuota,
        TestModeOff,
        TierClosed,
        TierLimit,
        TooManyOpenJobs,
        UnknownStyle,
        UserBlocked,
    ],
    on_repeat=StoredPart(StoredJob, _again),
)
def handler(request: CreateJob) -> JobCreated:
    """Open a job and get a presigned POST for each photo.

    Checks consent, styles, tier and quota, and reserves nothing: submitting does. A job that is not
    submitted by `submit_by` expires and costs nothing. A user has at most 5 open jobs. While
    capacity is short, a job gets fewer `avatars` than asked for.
    """
    return create_job(
        request,
        jobs=bootstrap.jobs(),
        users=bootstrap.users(),
        ledger=bootstrap.ledger(),
        holds=bootstrap.holds(),
        photos=bootstrap.photos(),
        timers=bootstrap.timers(),
        deadlines=bootstrap.deadlines(),
        keyed_hash=bootstrap.keyed_hash(),
        operating_state=bootstrap.operating_state(),
        clock=bootstrap.CLOCK,
        terms=_terms(),
    )
