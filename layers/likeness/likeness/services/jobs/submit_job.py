"""Submit a job: check its photos, reserve its quota day, start its state machine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.api.jobs import JobStateView
from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import over_quota
from likeness.domain.errors import (
    Conflict,
    ErasureRunning,
    JobEnded,
    NotEnoughPhotos,
    OverQuota,
    PhotosBeingChecked,
    TierLimit,
    TooManyPhotos,
    Unavailable,
    UserBlocked,
)
from likeness.domain.jobs.catalogue import Tier, check_terms, require_on
from likeness.domain.jobs.job import MAX_PHOTOS, MIN_PHOTOS, Job, JobState
from likeness.domain.jobs.operating_state import engine_of
from likeness.domain.jobs.test_plan import BACKEND, job_tier, quota_clock, quota_day
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.services.photos.lost_uploads import INSPECTION_ENDS_WITHIN, request_inspections

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from likeness.domain.ids import JobId
    from likeness.ports.account import Ledger, Users
    from likeness.ports.holds import Holds
    from likeness.ports.jobs import Jobs, OperatingState, Timers, Workflow
    from likeness.ports.photos import Inspections, Photos
    from likeness.ports.runtime import Clock


def submit_job(
    job_id: JobId,
    *,
    backend: str,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    holds: Holds,
    photos: Photos,
    inspections: Inspections,
    workflow: Workflow,
    timers: Timers,
    operating_state: OperatingState,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> JobStateView:
    """The day and the job's next state are stored in one transaction, before anything starts.

    Idempotent: a repeated submit starts the state machine if the first start was lost.
    """
    job = jobs.get(job_id)
    if job.state is JobState.OPEN:
        switches = operating_state.switches()
        switches.require_accepting(engine_of(backend))
        require_on(job.styles, switches.styles_off)
        _check_photos(job, jobs=jobs, photos=photos, inspections=inspections, now=clock.now())
        if holds.block(job.user_hash):
            raise UserBlocked("this user can submit no job")
        job = _reserve(
            job, backend, jobs=jobs, users=users, ledger=ledger, clock=clock, tiers=tiers
        )
    if job.ended or job.state is JobState.CANCELLING:
        raise JobEnded(f"job {job_id} is {job.state}: create a new one")
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
    job.require_in_time(now)
    profile = users.profile(job.user_id)
    if profile.zone is None or profile.erasing:
        raise ErasureRunning("the user is being erased: nothing can be submitted")
    tier = job_tier(job.test, profile.plus, tiers, now)
    try:
        check_terms(tier, job.styles, job.avatars)
    except TierLimit as limit:  # Plus has ended since: no field of this request is wrong
        raise TierLimit(f"{limit}: create a new job") from limit
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
        raise over_quota(
            ledger.entries(job.user_id, today.day, test=job.test is not None),
            next_day_begins_at=today.ends_at,
            now=quota_clock(job.test, today, now),
        ) from used
    return submitted


def _check_photos(
    job: Job, *, jobs: Jobs, photos: Photos, inspections: Inspections, now: datetime
) -> None:
    """Raises NotEnoughPhotos, or PhotosBeingChecked while another one may be accepted.

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
    if len(accepted) < MIN_PHOTOS:
        raise NotEnoughPhotos(
            f"{len(accepted)} photos were accepted, {MIN_PHOTOS} to {MAX_PHOTOS} are needed: "
            "replace the refused ones"
        )
    if len(accepted) > MAX_PHOTOS:
        raise TooManyPhotos(f"{len(accepted)} photos were accepted, {MAX_PHOTOS} at most may be")
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
