"""Submit a job: check its photos, reserve its quota day, start its state machine."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from likeness.api.app import JobStateView
from likeness.contracts import JobError
from likeness.domain.account.quota import quota_used_message
from likeness.domain.errors import (
    Conflict,
    Invalid,
    OverQuota,
    PhotosBeingChecked,
    Unavailable,
)
from likeness.domain.ids import JobId
from likeness.domain.jobs.catalogue import Tier, check_terms
from likeness.domain.jobs.job import MAX_PHOTOS, MIN_PHOTOS, Job, JobState
from likeness.domain.jobs.test_plan import BACKEND, job_tier, quota_day
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.ports.account import Ledger, Users
from likeness.ports.jobs import Jobs, Timers, Workflow
from likeness.ports.photos import Inspections, Photos
from likeness.ports.runtime import Clock
from likeness.services.photos.lost_uploads import INSPECTION_ENDS_WITHIN, request_inspections


def submit_job(
    job_id: JobId,
    *,
    backend: str,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    photos: Photos,
    inspections: Inspections,
    workflow: Workflow,
    timers: Timers,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> JobStateView:
    """The day and the job's next state are stored in one transaction, before anything starts.

    Idempotent: a repeated submit starts the state machine if the first start was lost.
    """
    job = jobs.get(job_id)
    if job.state is JobState.OPEN:
        _check_photos(job, jobs=jobs, photos=photos, inspections=inspections, now=clock.now())
        job = _reserve(
            job, backend, jobs=jobs, users=users, ledger=ledger, clock=clock, tiers=tiers
        )
    if job.ended or job.state is JobState.CANCELLING:
        raise Conflict(f"job {job_id} is {job.state}")
    workflow.start(job_id, test=job.test is not None)
    with suppress(Unavailable):  # FailJob changes nothing if the timer fires
        timers.cancel(job_id, JobError.NOT_SUBMITTED)
    return JobStateView(job_id=job_id, state=job.state)


def _reserve(
    job: Job,
    backend: str,
    *,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Job:
    """Reserve the job's day. The tier is fixed from now on, whatever happens to Plus later."""
    now = clock.now()
    job.require_open(now)
    profile = users.profile(job.user_id)
    if profile.zone is None or profile.erasing:
        raise Conflict("the user is being erased: nothing can be submitted")
    tier = job_tier(job.test, profile.plus, tiers, now)
    check_terms(tier, job.styles, job.avatars)
    today = quota_day(job.test, profile.zone, now)
    submitted = job.move(
        JobState.MODERATING,
        now,
        day=today.day if today else None,
        day_ends_at=today.ends_at if today else None,
        tier=tier.tier,
        backend=BACKEND if job.test else backend,
    )
    try:
        if today:
            ledger.reserve(submitted, limit=tier.jobs_a_day, now=now)
        else:
            jobs.save(submitted)
    except Conflict:
        # A concurrent request changed the job. If it was another submit, the job is submitted.
        current = jobs.get(job.job_id)
        if current.state is JobState.OPEN:
            raise
        return current
    except OverQuota as used:
        if today is None:
            raise
        raise OverQuota(quota_used_message(today.ends_at)) from used
    return submitted


def _check_photos(
    job: Job, *, jobs: Jobs, photos: Photos, inspections: Inspections, now: datetime
) -> None:
    """Raises Invalid unless enough photos were accepted, PhotosBeingChecked while one may be.

    An upload's event may be lost, so the bucket is listed: before the records are read, because an
    inspection deletes the upload last.
    """
    uploads = photos.uploads(job.job_id)
    there = request_inspections(
        jobs.photos(job.job_id), uploads, jobs=jobs, inspections=inspections, now=now
    )
    uploaded = {upload.photo_id for upload in uploads}
    waiting = [
        photo.photo_id for photo in there if _may_change(photo, photo.photo_id in uploaded, now)
    ]
    if waiting:
        raise PhotosBeingChecked(
            f"photos {', '.join(waiting)} are still being checked: submit again in a moment"
        )
    accepted = [photo for photo in there if photo.state is PhotoState.ACCEPTED]
    if not MIN_PHOTOS <= len(accepted) <= MAX_PHOTOS:
        raise Invalid(
            f"{len(accepted)} photos were accepted, {MIN_PHOTOS} to {MAX_PHOTOS} are needed: "
            "replace the refused ones"
        )
    if job.test:
        job.test.check({photo.photo_id for photo in accepted})


def _may_change(photo: Photo, uploaded: bool, now: datetime) -> bool:
    """Also with a verdict and an upload: its inspection still compares it with the others."""
    if photo.state is PhotoState.CHECKING:
        return True
    if photo.state is PhotoState.DELETED:  # a late upload of it is deleted unread
        return False
    if photo.inspected_at:
        return uploaded and now - photo.inspected_at < INSPECTION_ENDS_WITHIN
    return uploaded
