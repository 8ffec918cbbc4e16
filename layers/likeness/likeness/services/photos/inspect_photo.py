"""Inspect an upload: is it a usable photo of one face?"""

from collections.abc import Collection
from datetime import datetime

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoProblem, PhotoState
from likeness.domain.photos.photo_check import (
    PhotoRules,
    check_faces,
    may_be_copies,
    possible_faces,
)
from likeness.domain.photos.picture import NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Detector, Photos, Pictures
from likeness.ports.runtime import Clock


def inspect_photo(
    job_id: JobId,
    photo_id: PhotoId,
    *,
    etag: str,
    uploaded_at: datetime | None = None,
    jobs: Jobs,
    photos: Photos,
    detector: Detector,
    pictures: Pictures,
    rules: PhotoRules,
    clock: Clock,
) -> None:
    """A presigned POST accepts one photo: the first upload that is read, pinned by its ETag.

    S3 delivers events at least once and in any order. An upload that was replaced before it was
    read is skipped, because its successor has an event too; one that arrives after another was
    read is deleted unread. Only the verdict of a refused photo is stored.
    """
    job, photo = _find(job_id, photo_id, jobs)
    if photo is None or job is None or job.state is not JobState.OPEN:
        photos.delete_upload(job_id, photo_id)
        return
    if photo.state is not PhotoState.AWAITED or photo.etag not in {None, etag}:
        if photo.state is PhotoState.REFUSED:
            photos.delete(job_id, photo_id)
        photos.delete_upload(job_id, photo_id)
        return
    try:
        data = photos.read_upload(job_id, photo_id, etag=etag)
    except NotFound:
        if photo.etag is not None:  # the presigned POST was for this upload: it may be used again
            _save(_awaited(photo), jobs, seen=photo)
        return
    first_uploaded_at = photo.uploaded_at or uploaded_at
    claimed = photo.model_copy(update={"etag": etag, "uploaded_at": first_uploaded_at})
    if claimed != photo and not _save(claimed, jobs, seen=photo):
        return  # another delivery of the event inspects it
    known = _accepted(jobs.photos(job_id), but=photo_id)
    found = _inspect(
        claimed, data, known, photos=photos, detector=detector, pictures=pictures, rules=rules
    ).model_copy(update={"inspected_at": clock.now()})
    recorded = _save(found, jobs, seen=claimed)
    if recorded and found.state is PhotoState.ACCEPTED:
        compared = {other.photo_id for other in known}
        _refuse_copies(found, compared, jobs=jobs, photos=photos, pictures=pictures)
    _finish(job_id, photo_id, recorded, jobs=jobs, photos=photos)


def _inspect(
    photo: Photo,
    data: bytes,
    known: Collection[Photo],
    *,
    photos: Photos,
    detector: Detector,
    pictures: Pictures,
    rules: PhotoRules,
) -> Photo:
    """Return the photo with its verdict. The detector reads the normalised copy, not the upload."""
    try:
        picture = pictures.normalise(data, declared_type=photo.content_type)
    except Refused as refused:
        return _refused(photo, PhotoProblem(reason=refused.reason))
    photos.store(photo.job_id, photo.photo_id, picture.jpeg)
    faces = possible_faces(detector.faces(photo.job_id, photo.photo_id), rules)
    problem = check_faces(faces, height=picture.height, rules=rules) or _copied(
        picture, known, photos=photos, pictures=pictures
    )
    if problem:
        return _refused(photo, problem)
    return photo.model_copy(
        update={
            "state": PhotoState.ACCEPTED,
            "width": picture.width,
            "height": picture.height,
            "face": faces[0].box,
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
            if _save(_refused(second, problem), jobs, seen=second):
                photos.delete(second.job_id, second.photo_id)
            if second is photo:
                return


def _finish(
    job_id: JobId, photo_id: PhotoId, recorded: bool, *, jobs: Jobs, photos: Photos
) -> None:
    """Delete every object that no record refers to.

    The job may have been cancelled, and its files deleted before this wrote one; or it was
    submitted, and a photo that missed moderation is awaited again. The upload is deleted last,
    because submitting waits while there is one.
    """
    job, photo = _find(job_id, photo_id, jobs)
    if job and photo and recorded and job.state is not JobState.OPEN and photo.verdict is None:
        _save(_awaited(photo), jobs, seen=photo)
        job, photo = _find(job_id, photo_id, jobs)
    over = job is None or job.ended or job.state is JobState.CANCELLING
    if over or photo is None or photo.state is not PhotoState.ACCEPTED:
        photos.delete(job_id, photo_id)
    photos.delete_upload(job_id, photo_id)


def _find(job_id: JobId, photo_id: PhotoId, jobs: Jobs) -> tuple[Job | None, Photo | None]:
    try:
        job = jobs.get(job_id)
    except NotFound:
        return None, None
    there = {photo.photo_id: photo for photo in jobs.photos(job_id)}
    return job, there.get(photo_id)


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


def _awaited(photo: Photo) -> Photo:
    """Return the photo in the state in which its presigned POST was created."""
    return Photo(job_id=photo.job_id, photo_id=photo.photo_id, content_type=photo.content_type)


def _refused(photo: Photo, problem: PhotoProblem) -> Photo:
    """Return the photo with the verdict only: measurements are removed."""
    return _awaited(photo).model_copy(
        update={
            "state": PhotoState.REFUSED,
            "etag": photo.etag,
            "inspected_at": photo.inspected_at,
            "problem": problem,
        }
    )
