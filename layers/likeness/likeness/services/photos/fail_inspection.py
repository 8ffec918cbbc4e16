"""End an inspection that failed, as Lambda reports it to the failure destination."""

from datetime import datetime, timedelta

from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import InspectionLease, Photo, PhotoProblem, PhotoState
from likeness.domain.reasons import Reason
from likeness.ports.deletion import Deletions
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.runtime import Clock, Metrics
from likeness.services.photos.records import find_photo

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
    An invocation that failed after its verdict was saved left files: they are deleted. Returns the
    state that was recorded; None if the invocation had no lease, or while a hold forbids deletion.
    """
    metrics.count(DIED if died else FAILED)
    deletion = deletions.get(job_id)
    if deletion and deletion.forbids_deletion:
        return None
    job, photo = find_photo(job_id, photo_id, jobs)
    if job is None or photo is None:  # erased
        photos.delete(job_id, photo_id)
        photos.delete_upload(job_id, photo_id)
        return None
    if photo.lease is None or photo.lease.owner != owner:
        if photo.state is PhotoState.REFUSED:
            photos.delete(job_id, photo_id)
        awaited = photo.state is PhotoState.AWAITED and job.state is JobState.OPEN
        if photo.lease is None and not awaited:
            photos.delete_upload(job_id, photo_id)
        return None
    # Deleted first: after the record is saved, another invocation may store the photo.
    photos.delete(job_id, photo_id)
    if died or job.state is not JobState.OPEN:
        photos.delete_upload(job_id, photo_id)
    ended = _ended(photo, job, died, clock.now())
    jobs.save_photo(ended, seen=photo)
    return ended.state


def _ended(photo: Photo, job: Job, died: bool, now: datetime) -> Photo:
    if died:
        return photo.refused(PhotoProblem(reason=Reason.FILE_CORRUPT), now)
    if job.state is not JobState.OPEN:
        return photo.awaited()
    pause = InspectionLease(owner=None, until=now + PAUSE)
    return photo.model_copy(update={"lease": pause})
