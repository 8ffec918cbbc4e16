"""Find uploads that no invocation inspects, and request their inspection."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import Conflict, Unavailable
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import InspectionLease, Photo, PhotoState
from likeness.ports.photos import Inspections, Photos, Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from likeness.ports.jobs import Jobs, ShownJob
    from likeness.ports.runtime import Clock

# "Amazon S3 Event Notifications" (S3 User Guide): delivered in seconds, sometimes in a minute or
# longer. A request for an upload whose event is only late costs one invocation that does nothing.
EVENT_WITHIN = timedelta(seconds=10)
LOOK_EVERY = timedelta(seconds=10)
BEGINS_WITHIN = timedelta(seconds=60)  # a requested inspection; Lambda may have a queue
INSPECTION_ENDS_WITHIN = timedelta(seconds=60)  # the function's Timeout


def request_lost(
    shown: ShownJob, *, jobs: Jobs, photos: Photos, inspections: Inspections, clock: Clock
) -> list[Photo]:
    """Return the job's photos. For one that is read while open: find the lost uploads.

    The bucket is listed only while a photo is awaited, at most once in LOOK_EVERY for each job.
    """
    job, there, now = shown.job, shown.photos, clock.now()
    if job.state is not JobState.OPEN:
        return there
    awaited = any(photo.state is PhotoState.AWAITED for photo in there)
    with suppress(Unavailable):  # the job is shown, and a later request finds them
        look = (
            awaited
            and now >= (shown.looked_until or job.created_at + LOOK_EVERY)
            and jobs.may_look(job.job_id, now=now, until=now + LOOK_EVERY)
        )
        uploads = photos.uploads(job.job_id) if look else []
        return request_inspections(there, uploads, jobs=jobs, inspections=inspections, now=now)
    return there


def request_inspections(
    there: Iterable[Photo],
    uploads: Collection[Upload],
    *,
    jobs: Jobs,
    inspections: Inspections,
    now: datetime,
) -> list[Photo]:
    """Return the photos as they are now: those whose inspection was requested are checked.

    Each request takes a lease: of concurrent callers one makes it, and the next one follows when
    the lease has expired.
    """
    found = {upload.photo_id: upload for upload in uploads}
    return [_request(photo, found.get(photo.photo_id), jobs, inspections, now) for photo in there]


def _request(
    photo: Photo, upload: Upload | None, jobs: Jobs, inspections: Inspections, now: datetime
) -> Photo:
    lost = _lost(photo, upload, now)
    if lost is None:
        return photo
    lease = InspectionLease(
        owner=None,
        until=now + BEGINS_WITHIN,
        begun=photo.lease.begun if photo.lease else False,
    )
    requested = photo.model_copy(
        update={
            "state": PhotoState.CHECKING,
            "etag": lost.etag,
            "uploaded_at": lost.uploaded_at,
            "lease": lease,
        }
    )
    try:
        jobs.save_photo(requested, seen=photo)
    except Conflict:  # an invocation began, or another request came first
        return photo
    inspections.request(photo.job_id, lost)
    return requested


def _lost(photo: Photo, upload: Upload | None, now: datetime) -> Upload | None:
    """The upload if no invocation inspects it and none is on its way."""
    if photo.state is PhotoState.AWAITED and upload and upload.uploaded_at:
        return upload if now - upload.uploaded_at >= EVENT_WITHIN else None
    if photo.lease and photo.lease.until <= now:
        gone = Upload(photo_id=photo.photo_id, etag=photo.etag or "", uploaded_at=photo.uploaded_at)
        return upload or gone
    return None
