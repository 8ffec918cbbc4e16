"""Inspect an upload: is it a usable photo of one face?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.test_plan import FACE, TestPlan
from likeness.domain.photos.photo import (
    NOT_STORED,
    Box,
    InspectionLease,
    Photo,
    PhotoProblem,
    PhotoState,
)
from likeness.domain.photos.photo_check import (
    PhotoRules,
    check_faces,
    may_be_copies,
    possible_faces,
)
from likeness.domain.photos.photo_choice import weigh
from likeness.domain.reasons import Reason, Refused
from likeness.ports.photos import Detector, Photos, Pictures, Upload
from likeness.services.photos.records import find_photo

if TYPE_CHECKING:
    from collections.abc import Collection

    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.photos.picture import NormalisedPhoto
    from likeness.ports.jobs import Jobs
    from likeness.ports.runtime import Clock
    from likeness.services.review.holding import Holding
    from likeness.services.review.known_pictures import KnownPictures

CLOCKS_DIFFER = timedelta(seconds=5)  # of two machines, at most


def inspect_photo(
    job_id: JobId,
    photo_id: PhotoId,
    *,
    etag: str,
    uploaded_at: datetime | None = None,
    owner: str,
    time_left: timedelta,
    jobs: Jobs,
    photos: Photos,
    detector: Detector,
    pictures: Pictures,
    rules: PhotoRules,
    known_pictures: KnownPictures,
    uploaded_from: str | None = None,
    clock: Clock,
) -> PhotoState | None:
    """A presigned POST accepts one photo: the first upload that is read, pinned by its ETag.

    S3 delivers events at least once and in any order. An upload that was replaced before it was
    read is skipped, because its successor has an event too; one that arrives after another was
    read is deleted unread. Only the verdict of a refused photo is stored.

    One invocation, the `owner` of the photo's lease, inspects an upload. If an earlier one began
    and its lease expired, it died of the file: the photo is refused. Returns the recorded state;
    None if there was nothing to inspect.

    A known illegal picture is held before its verdict is stored. It gets the verdict of any other
    photo: nothing warns its user. While a hold forbids deletion, every object stays: the job's
    deletion deletes them.
    """
    now = clock.now()
    holding = known_pictures.holding
    lease = InspectionLease(owner=owner, until=now + time_left + CLOCKS_DIFFER, begun=True)
    upload = Upload(photo_id=photo_id, etag=etag, uploaded_at=uploaded_at)
    claim = _claim(job_id, upload, lease, jobs=jobs, photos=photos, holding=holding, now=now)
    if claim is None:
        return None
    job, claimed, data = claim
    known = _accepted(jobs.photos(job_id), but=photo_id)
    if job.test and data is not None:
        found = _follow(
            job.test, claimed, data, known, photos=photos, pictures=pictures, now=clock.now()
        )
    else:
        found = _inspect(
            claimed,
            data,
            known,
            photos=photos,
            detector=detector,
            pictures=pictures,
            rules=rules,
            known_pictures=known_pictures,
            uploaded_from=uploaded_from,
            clock=clock,
        )
    recorded = _save(found, jobs, seen=claimed)
    if recorded and found.state is PhotoState.ACCEPTED and not job.test:
        compared = {other.photo_id for other in known}
        _refuse_copies(
            found,
            compared,
            jobs=jobs,
            photos=photos,
            pictures=pictures,
            holding=holding,
            clock=clock,
        )
    _finish(job_id, photo_id, recorded, jobs=jobs, photos=photos, holding=holding)
    return found.state if recorded else None


def _claim(
    job_id: JobId,
    upload: Upload,
    lease: InspectionLease,
    *,
    jobs: Jobs,
    photos: Photos,
    holding: Holding,
    now: datetime,
) -> tuple[Job, Photo, bytes | None] | None:
    """Return the job, the photo with this lease, and its upload.

    There are no bytes if an earlier invocation died.

    None if there is nothing to inspect. An upload that is not the photo is deleted.
    """
    photo_id = upload.photo_id
    job, photo = find_photo(job_id, photo_id, jobs)
    if photo is None or job is None or job.state is not JobState.OPEN:
        if not holding.forbids_deletion(job_id):
            photos.delete_upload(job_id, photo_id)
        return None
    if photo.is_inspected(now) and photo.etag == upload.etag:
        return None
    if photo.is_inspected(now) or photo.state in {PhotoState.ACCEPTED, *NOT_STORED}:
        if not holding.forbids_deletion(job_id):
            if photo.state in NOT_STORED:
                photos.delete(job_id, photo_id)
            photos.delete_upload(job_id, photo_id)
        return None
    data = None
    if photo.lease is None or not photo.lease.begun:
        try:
            data = photos.read_upload(job_id, photo_id, etag=upload.etag)
        except NotFound:
            if photo.etag == upload.etag:  # was requested: the presigned POST may be used again
                _save(photo.awaited(), jobs, seen=photo)
            return None
    claimed = photo.model_copy(
        update={
            "state": PhotoState.CHECKING,
            "etag": upload.etag,
            "uploaded_at": upload.uploaded_at,
            "lease": lease,
        }
    )
    # After a conflict another delivery of the event inspects it, or a request for it follows.
    return (job, claimed, data) if _save(claimed, jobs, seen=photo) else None


def _inspect(
    photo: Photo,
    data: bytes | None,
    known: Collection[Photo],
    *,
    photos: Photos,
    detector: Detector,
    pictures: Pictures,
    rules: PhotoRules,
    known_pictures: KnownPictures,
    uploaded_from: str | None,
    clock: Clock,
) -> Photo:
    """Return the photo with its verdict. The detector reads the normalised copy, not the upload."""
    if data is None:
        return photo.refused(PhotoProblem(reason=Reason.FILE_CORRUPT), clock.now())
    try:
        picture = pictures.normalise(data)
    except Refused as refused:
        known_pictures.check(photo, data, None, uploaded_from=uploaded_from)
        return photo.refused(PhotoProblem(reason=refused.reason), clock.now())
    photos.store(photo.job_id, photo.photo_id, picture.jpeg)
    known_pictures.check(photo, data, picture.jpeg, uploaded_from=uploaded_from)
    faces = possible_faces(detector.faces(photo.job_id, photo.photo_id), rules)
    problem = check_faces(faces, height=picture.height, rules=rules) or _copied(
        picture, known, photos=photos, pictures=pictures
    )
    if problem:
        return photo.refused(problem, clock.now())
    return _accept(photo, picture, faces[0].box, weigh(faces[0], rules.choice), clock.now())


def _follow(
    plan: TestPlan,
    photo: Photo,
    data: bytes,
    known: Collection[Photo],
    *,
    photos: Photos,
    pictures: Pictures,
    now: datetime,
) -> Photo:
    """Return the photo of a test job with its planned verdict. The upload is not decoded."""
    problem = plan.problem(photo.photo_id, [other.photo_id for other in known])
    if problem:
        return photo.refused(problem, now)
    picture = pictures.placeholder(data)
    photos.store(photo.job_id, photo.photo_id, picture.jpeg)
    return _accept(photo, picture, FACE, 1.0, now)


def _accept(
    photo: Photo, picture: NormalisedPhoto, face: Box, weight: float, now: datetime
) -> Photo:
    return photo.model_copy(
        update={
            "state": PhotoState.ACCEPTED,
            "lease": None,
            "inspected_at": now,
            "width": picture.width,
            "height": picture.height,
            "face": face,
            "weight": weight,
            "fingerprint": picture.fingerprint,
            "sha256": picture.sha256,
        }
    )


def _copied(
    picture: NormalisedPhoto, known: Collection[Photo], *, photos: Photos, pictures: Pictures
) -> PhotoProblem | None:
    for other in known:
        if (
            other.fingerprint
            and may_be_copies(picture.fingerprint, other.fingerprint)
            and _same(picture.jpeg, other, photos=photos, pictures=pictures)
        ):
            return PhotoProblem(reason=Reason.SUBJECT_DUPLICATE, duplicate_of=other.photo_id)
    return None


def _same(jpeg: bytes, other: Photo, *, photos: Photos, pictures: Pictures) -> bool:
    try:
        return pictures.same_picture(jpeg, photos.read(other.job_id, other.photo_id))
    except NotFound:  # refused or deleted since
        return False


def _refuse_copies(
    photo: Photo,
    compared: Collection[PhotoId],
    *,
    jobs: Jobs,
    photos: Photos,
    pictures: Pictures,
    holding: Holding,
    clock: Clock,
) -> None:
    """Find copies that were inspected concurrently: neither saw the other before it was accepted.

    The later inspection sees both copies. The higher photo_id is refused, so that concurrent runs
    agree.
    """
    for other in _accepted(jobs.photos(photo.job_id), but=photo.photo_id):
        if other.photo_id in compared or not (photo.fingerprint and other.fingerprint):
            continue
        if not may_be_copies(photo.fingerprint, other.fingerprint):
            continue
        try:
            jpeg = photos.read(photo.job_id, photo.photo_id)
        except NotFound:
            return
        if _same(jpeg, other, photos=photos, pictures=pictures):
            first, second = sorted((photo, other), key=lambda copy: copy.photo_id)
            problem = PhotoProblem(reason=Reason.SUBJECT_DUPLICATE, duplicate_of=first.photo_id)
            refused = _save(second.refused(problem, clock.now()), jobs, seen=second)
            if refused and not holding.forbids_deletion(second.job_id):
                photos.delete(second.job_id, second.photo_id)
            if second is photo:
                return


def _finish(
    job_id: JobId,
    photo_id: PhotoId,
    recorded: bool,
    *,
    jobs: Jobs,
    photos: Photos,
    holding: Holding,
) -> None:
    """Delete every object that no record refers to.

    The job may have been cancelled, and its files deleted before this wrote one; or it was
    submitted, and a photo that missed moderation is awaited again. The upload is deleted last,
    because submitting waits while there is one.
    """
    job, photo = find_photo(job_id, photo_id, jobs)
    if job and photo and recorded and job.state is not JobState.OPEN and photo.verdict is None:
        _save(photo.awaited(), jobs, seen=photo)
        job, photo = find_photo(job_id, photo_id, jobs)
    if holding.forbids_deletion(job_id):
        return
    over = job is None or job.ended or job.state is JobState.CANCELLING
    if over or photo is None or photo.state is not PhotoState.ACCEPTED:
        photos.delete(job_id, photo_id)
    photos.delete_upload(job_id, photo_id)


def _accepted(there: Collection[Photo], *, but: PhotoId) -> list[Photo]:
    return [
        photo for photo in there if photo.state is PhotoState.ACCEPTED and photo.photo_id != but
    ]


def _save(photo: Photo, jobs: Jobs, *, seen: Photo) -> bool:
    try:
        jobs.save_photo(photo, seen=seen)
    except Conflict:
        return False
    return True
