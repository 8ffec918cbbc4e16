"""Submit a job: its photos are complete, its day is taken, its state machine starts."""

from collections.abc import Mapping

from likeness.api import Submitted
from likeness.domain.catalogue import Tier
from likeness.domain.errors import Conflict, Invalid, OverQuota
from likeness.domain.ids import JobId
from likeness.domain.job import MAX_PHOTOS, MIN_PHOTOS, Job, JobState
from likeness.domain.photo import PhotoState
from likeness.domain.quota import day_of, next_day_begins
from likeness.ports import Clock, Inspections, Jobs, Ledger, Photos, Workflow


def submit_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    ledger: Ledger,
    photos: Photos,
    inspections: Inspections,
    workflow: Workflow,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Submitted:
    """The day and the job's next state are stored in one transaction, before anything starts.

    A job whose start was lost is started again by the next submit: starting is idempotent.
    """
    job = jobs.get(job_id)
    if job.state is JobState.OPEN:
        _check_photos(job_id, jobs=jobs, photos=photos, inspections=inspections)
        job = _reserve(job, jobs=jobs, ledger=ledger, clock=clock, tiers=tiers)
    if job.ended:
        raise Conflict(f"job {job_id} is {job.state}")
    workflow.start(job_id)
    return Submitted(job_id=job_id, state=job.state)


def _reserve(
    job: Job,
    *,
    jobs: Jobs,
    ledger: Ledger,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Job:
    now = clock.now()
    if now >= job.submit_by:
        raise Conflict(f"job {job.job_id} had to be submitted by {job.submit_by.isoformat()}")
    submitted = job.move(JobState.MODERATING, now, day=day_of(now, job.time_zone))
    try:
        ledger.reserve(submitted, limit=tiers[job.tier].jobs_a_day, now=now)
    except Conflict:
        # Somebody moved the job first. If that was another submit, it is submitted.
        current = jobs.get(job.job_id)
        if current.state is JobState.OPEN:
            raise
        return current
    except OverQuota as taken:
        begins = next_day_begins(now, job.time_zone)
        raise OverQuota(
            f"today's avatars were made: the next day begins at {begins.isoformat()}"
        ) from taken
    return submitted


def _check_photos(job_id: JobId, *, jobs: Jobs, photos: Photos, inspections: Inspections) -> None:
    """Invalid unless enough photos were accepted, Conflict while one waits to be inspected.

    The bucket is listed, because an upload's event may have been lost: what waits there is
    inspected again, and the next submit finds it done.
    """
    waiting = photos.uploads(job_id)
    for upload in waiting:
        inspections.ask_again(job_id, upload)
    if waiting:
        names = ", ".join(sorted(upload.photo_id for upload in waiting))
        raise Conflict(f"photos {names} are still being checked: submit again in a moment")
    accepted = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
    if not MIN_PHOTOS <= len(accepted) <= MAX_PHOTOS:
        raise Invalid(
            f"{len(accepted)} photos were accepted, {MIN_PHOTOS} to {MAX_PHOTOS} are needed: "
            "replace the refused ones"
        )
