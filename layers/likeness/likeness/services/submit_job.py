"""Submit a job: its photos are complete, its day is taken, its state machine starts."""

from collections.abc import Mapping

from likeness.api import Submitted
from likeness.domain.catalogue import Tier
from likeness.domain.errors import Conflict, Invalid, OverQuota
from likeness.domain.ids import JobId
from likeness.domain.job import MAX_PHOTOS, MIN_PHOTOS, Job, JobState
from likeness.domain.photo import Photo, PhotoState
from likeness.domain.quota import day_of, next_day_begins
from likeness.ports import Clock, Jobs, Ledger, Photos, Workflow


def submit_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    ledger: Ledger,
    photos: Photos,
    workflow: Workflow,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Submitted:
    """The day and the job's next state are stored in one transaction, before anything starts.

    A job whose start was lost is started again by the next submit: starting is idempotent.
    """
    job = jobs.get(job_id)
    if job.state is JobState.OPEN:
        job = _reserve(job, jobs=jobs, ledger=ledger, photos=photos, clock=clock, tiers=tiers)
    if job.ended:
        raise Conflict(f"job {job_id} is {job.state}")
    workflow.start(job_id)
    return Submitted(job_id=job_id, state=job.state)


def _reserve(
    job: Job,
    *,
    jobs: Jobs,
    ledger: Ledger,
    photos: Photos,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Job:
    now = clock.now()
    if now >= job.submit_by:
        raise Conflict(f"job {job.job_id} had to be submitted by {job.submit_by.isoformat()}")
    _check_photos(job.job_id, jobs.photos(job.job_id), photos)
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


def _check_photos(job_id: JobId, there: list[Photo], photos: Photos) -> None:
    """Invalid unless enough photos were accepted and none still waits to be inspected.

    The bucket is listed, because an upload's event may have been lost.
    """
    waiting = {upload.photo_id for upload in photos.uploads(job_id)}
    if waiting:
        raise Invalid(
            f"photos {', '.join(sorted(waiting))} are still being checked: submit again in a moment"
        )
    accepted = [photo for photo in there if photo.state is PhotoState.ACCEPTED]
    if not MIN_PHOTOS <= len(accepted) <= MAX_PHOTOS:
        raise Invalid(
            f"{len(accepted)} photos were accepted, {MIN_PHOTOS} to {MAX_PHOTOS} are needed: "
            "replace the refused ones"
        )
