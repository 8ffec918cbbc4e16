"""Inspect an upload: is it a usable photo of one face? The verdict is there a moment later."""

from collections.abc import Collection
from datetime import datetime

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoProblem, PhotoState
from likeness.domain.photos.photo_check import PhotoRules, check_faces, clear_faces, may_be_copies
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
    """A form brings in one photo: the first upload that was read under it, pinned by its ETag.

    S3 tells of uploads at least once and in any order. An upload that was replaced before it was
    read is passed over, for the event of its successor comes too; one that comes after another
    was read is a replay and is deleted unread. Nothing of a refused photo stays but its verdict.
    """
    job, photo = _find(job_id, photo_id, jobs)
    if photo is None or job is None or job.state is not JobState.OPEN:
        photos.delete_upload(job_id, photo_id)
        return
    if photo.state is not PhotoState.AWAITED or photo.etag not in {None, etag}:
        _tidy(photo, photos)
        return
    try:
        data = photos.read_upload(job_id, photo_id, etag=etag)
    except NotFound:
        _release(photo, jobs)
        return
    came = photo.uploaded_at or uploaded_at
    claimed = photo.model_copy(update={"etag": etag, "uploaded_at": came})
    if claimed != photo and not _save(claimed, jobs, seen=photo):
        return  # another delivery was quicker, and does the work
    known = _accepted(jobs.photos(job_id), but=photo_id)
    found = _look(
        claimed, data, known, photos=photos, detector=detector, pictures=pictures, rules=rules
    ).model_copy(update={"inspected_at": clock.now()})
    recorded = _save(found, jobs, seen=claimed)
    if recorded and found.state is PhotoState.ACCEPTED:
        compared = {other.photo_id for other in known}
        _refuse_copies(found, compared, jobs=jobs, photos=photos, pictures=pictures)
    _finish(job_id, photo_id, recorded, jobs=jobs, photos=photos)


def _look(
    photo: Photo,
    data: bytes,
    known: Collection[Photo],
    *,
    photos: Photos,
    detector: Detector,
    pictures: Pictures,
    rules: PhotoRules,
) -> Photo:
    """The photo with its verdict. The detector reads the normalised copy, never the upload."""
    try:
        picture = pictures.normalise(data, declared_type=photo.content_type)
    except Refused as refused:
        return _refused(photo, PhotoProblem(reason=refused.reason))
    photos.keep(photo.job_id, photo.photo_id, picture.jpeg)
    faces = clear_faces(detector.faces(photo.job_id, photo.photo_id), rules)
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
            return PhotoProblem(reason=Reason.SUBJECT_DUPLICATE, other=other.photo_id)
    return None


def _same(jpeg: bytes, other: Photo, *, photos: Photos, pictures: Pictures) -> bool:
    try:
        return pictures.same_picture(jpeg, photos.read(other.job_id, other.photo_id))
    except NotFound:  # refused or purged meanwhile
        return False


def _refuse_copies(
    photo: Photo,
    compared: Collection[PhotoId],
    *,
    jobs: Jobs,
    photos: Photos,
    pictures: Pictures,
) -> None:
    """Two copies that come in at the same time do not find each other before both are accepted.

    Whoever looks last sees both. The one whose form was given later is refused, so that two who
    look at once say the same.
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
            first, second = sorted((photo, other), key=lambda twin: twin.photo_id)
            problem = PhotoProblem(reason=Reason.SUBJECT_DUPLICATE, other=first.photo_id)
            if _save(_refused(second, problem), jobs, seen=second):
                photos.drop(second.job_id, second.photo_id)
            if second is photo:
                return


def _finish(
    job_id: JobId, photo_id: PhotoId, recorded: bool, *, jobs: Jobs, photos: Photos
) -> None:
    """Leave nothing behind that no record names, whatever happened meanwhile.

    The job may have been cancelled since: its bucket was purged before we wrote into it. Or it
    was submitted: a photo that came too late for moderation is taken back. The upload goes last,
    because submitting waits while there is one.
    """
    job, photo = _find(job_id, photo_id, jobs)
    if job and photo and recorded and job.state is not JobState.OPEN and photo.verdict is None:
        _save(_awaited(photo), jobs, seen=photo)
        job, photo = _find(job_id, photo_id, jobs)
    over = job is None or job.ended or job.state is JobState.CANCELLING
    if over or photo is None or photo.state is not PhotoState.ACCEPTED:
        photos.drop(job_id, photo_id)
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


def _release(photo: Photo, jobs: Jobs) -> None:
    """The upload is gone: its form is free again, if it was this upload that took it."""
    if photo.etag is not None:
        _save(_awaited(photo), jobs, seen=photo)


def _tidy(photo: Photo, photos: Photos) -> None:
    if photo.state is PhotoState.REFUSED:
        photos.drop(photo.job_id, photo.photo_id)
    photos.delete_upload(photo.job_id, photo.photo_id)


def _save(photo: Photo, jobs: Jobs, *, seen: Photo) -> bool:
    try:
        jobs.save_photo(photo, seen=seen)
    except Conflict:
        return False
    return True


def _awaited(photo: Photo) -> Photo:
    """The photo as its form was given."""
    return Photo(job_id=photo.job_id, photo_id=photo.photo_id, content_type=photo.content_type)


def _refused(photo: Photo, problem: PhotoProblem) -> Photo:
    """The verdict, and nothing that was measured on the photo."""
    return _awaited(photo).model_copy(
        update={
            "state": PhotoState.REFUSED,
            "etag": photo.etag,
            "inspected_at": photo.inspected_at,
            "problem": problem,
        }
    )
