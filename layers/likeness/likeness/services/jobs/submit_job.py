"""Submit a job: its photos are complete, its day is taken, its state machine starts."""

from collections.abc import Mapping

from likeness.api.app import Submitted
from likeness.domain.account.quota import day_is_reserved
from likeness.domain.errors import Conflict, Invalid, OverQuota
from likeness.domain.ids import JobId
from likeness.domain.jobs.catalogue import Tier, check_terms, tier_of
from likeness.domain.jobs.job import MAX_PHOTOS, MIN_PHOTOS, Job, JobState
from likeness.domain.photos.photo import PhotoState
from likeness.ports.account import Ledger, Users
from likeness.ports.jobs import Jobs, Workflow
from likeness.ports.photos import Inspections, Photos
from likeness.ports.runtime import Clock


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
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> Submitted:
    """The day and the job's next state are stored in one transaction, before anything starts.

    A job whose start was lost is started again by the next submit: starting is idempotent.
    """
    job = jobs.get(job_id)
    if job.state is JobState.OPEN:
        _check_photos(job_id, jobs=jobs, photos=photos, inspections=inspections)
        job = _reserve(
            job, backend, jobs=jobs, users=users, ledger=ledger, clock=clock, tiers=tiers
        )
    if job.ended or job.state is JobState.CANCELLING:
        raise Conflict(f"job {job_id} is {job.state}")
    workflow.start(job_id)
    return Submitted(job_id=job_id, state=job.state)


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
    """The job with its day taken. Its tier is frozen now: what Plus does later changes nothing."""
    now = clock.now()
    if now >= job.submit_by:
        raise Conflict(f"job {job.job_id} had to be submitted by {job.submit_by.isoformat()}")
    profile = users.profile(job.user_id)
    if profile.zone is None or profile.erasing:
        raise Conflict("the user is being erased: nothing can be submitted")
    tier = tier_of(profile.plus, tiers, now)
    check_terms(tier, job.styles, job.avatars)
    submitted = job.move(
        JobState.MODERATING,
        now,
        day=profile.zone.day(now),
        day_ends_at=profile.zone.next_day_begins(now),
        tier=tier.tier,
        backend=backend,
    )
    try:
        ledger.reserve(submitted, limit=tier.jobs_a_day, now=now)
    except Conflict:
        # Somebody moved the job first. If that was another submit, it is submitted.
        current = jobs.get(job.job_id)
        if current.state is JobState.OPEN:
            raise
        return current
    except OverQuota as taken:
        raise OverQuota(day_is_reserved(profile.zone.next_day_begins(now))) from taken
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
