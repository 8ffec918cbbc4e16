"""End an inspection that failed, as Lambda reports it to the failure destination."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import (
    NOT_STORED,
    InspectionLease,
    Photo,
    PhotoProblem,
    PhotoState,
)
from likeness.domain.reasons import Reason
from likeness.services.photos.records import find_photo

if TYPE_CHECKING:
    from likeness.domain.ids import JobId, PhotoId
    from likeness.ports.deletion import Deletions
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Photos
    from likeness.ports.runtime import Clock, Metrics

FAILED = "InspectionFailed"
DIED = "InspectionDied"
PAUSE = timedelta(seconds=30)  # before it is tried again: the app may poll for an hour


def fail_inspection(
    job_id: JobId,
    photo_id: PhotoId,
    *,
    owner: str,
    died: bool,
    jobs: Jobs,
    photos: Photos,
    deletions: Deletions,
    metrics: Metrics,
    clock: Clock,
) -> PhotoState | None:
    """Refuse a photo whose inspection died: it would die of the file again.

    After an error of ours the upload stays, and a later request for the job inspects it again.
    An invocation that failed after its verdict was saved left files: they are deleted. Nothing is
    deleted while a hold forbids it. Returns the state that was recorded; None if the invocation had
    no lease.
    """
    metrics.count(DIED if died else FAILED)
    job, photo = find_photo(job_id, photo_id, jobs)
    mine = photo is not None and photo.lease is not None and photo.lease.owner == owner
    deletion = deletions.get(job_id)
    if deletion is None or not deletion.forbids_deletion:
        # Deleted first: after the record is saved, another invocation may store the photo.
        copy, upload = _needless(job, photo, mine=mine, died=died)
        if copy:
            photos.delete(job_id, photo_id)
        if upload:
            photos.delete_upload(job_id, photo_id)
    if job is None or photo is None or not mine:
        return None
    ended = _ended(photo, job, died, clock.now())
    jobs.save_photo(ended, seen=photo)
    return ended.state


def _needless(job: Job | None, photo: Photo | None, *, mine: bool, died: bool) -> tuple[bool, bool]:
    """Return whether the normalised photo, and whether the upload is needed no more.

    `mine`: the failed invocation has the photo's lease. None: its user was erased.
    """
    if job is None or photo is None:
        return True, True
    if mine:
        return True, died or job.state is not JobState.OPEN
    awaited = photo.state is PhotoState.AWAITED and job.state is JobState.OPEN
    return photo.state in NOT_STORED, photo.lease is None and not awaited


def _ended(photo: Photo, job: Job, died: bool, now: datetime) -> Photo:
    if died:
        return photo.refused(PhotoProblem(reason=Reason.FILE_CORRUPT), now)
    if job.state is not JobState.OPEN:
        return photo.awaited()
    pause = InspectionLease(owner=None, until=now + PAUSE)
    return photo.model_copy(update={"lease": pause})
