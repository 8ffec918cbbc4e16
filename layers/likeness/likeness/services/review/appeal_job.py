"""Open an appeal: the user uploads refused or left-out photos again for a lead to review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.appeals import AppealUploadsView
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.errors import JobRunning, NotContestable, PhotosNotDeletedYet
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.domain.review.refusal import APPEAL_WITHIN, decisions, issued_at
from likeness.presenters.jobs import appeal_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.jobs.job import Job
    from likeness.domain.reasons import Reason
    from likeness.ports.deletion import Deadlines, Deletions
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Photos
    from likeness.ports.review import Appeals, Reviews
    from likeness.ports.runtime import Clock


def appeal_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    reviews: Reviews,
    appeals: Appeals,
    photos: Photos,
    deletions: Deletions,
    deadlines: Deadlines,
    deadline: timedelta,
    clock: Clock,
) -> AppealUploadsView:
    """While files are missing, a repeated request returns new presigned POSTs for them.

    If a reason is about the set, the other photos are asked for too. They are optional: the lead
    gets the case when the contested ones are there, and sees the others as they arrive.

    A decision on an appeal is final; an expired appeal may be opened again. The files have a
    deadline like the job's photos: it is set again before any can be uploaded. An appeal is not
    opened until the first photos are gone, because deleting those would delete its files too.
    """
    now = clock.now()
    job = jobs.get(job_id)
    deletion = deletions.get(job_id)
    if deletion and deletion.preserved:
        raise NotContestable(f"job {job_id} has no decision that can be contested")
    owed = _contestable(job, now, jobs=jobs, reviews=reviews)
    there = {photo.photo_id: photo for photo in jobs.photos(job_id)}
    if deletion is None or deletion.state is DeletionState.PENDING:
        raise PhotosNotDeletedYet(f"the photos of job {job_id} are still being deleted")
    appeal = appeals.get(job_id)
    if appeal is None or appeal.state is AppealState.EXPIRED:
        deadlines.set(job_id, when=now + deadline)
        deadlines.move(job_id, when=now + deadline)  # the job's own, if it did not fire yet
        awaited = _awaited(owed, there.values())
        appeal = (
            appeal.change(state=AppealState.OPEN, photos=awaited, decide_by=None)
            if appeal
            else Appeal(job_id=job_id, opened_at=now, photos=awaited)
        )
        appeals.save(appeal)
    appeal.require(AppealState.OPEN)
    return AppealUploadsView(
        appeal=appeal_view(appeal),
        uploads=tuple(
            photos.presigned_post(
                job_id, photo.photo_id, there[photo.photo_id].content_type, folder="appeals"
            )
            for photo in appeal.photos
            if not photo.match
        ),
    )


def _awaited(owed: Mapping[PhotoId, Reason], photos: Iterable[Photo]) -> tuple[AppealedPhoto, ...]:
    """The contested photos, and those beside which alone they can be judged."""
    contested = [AppealedPhoto(photo_id=photo_id) for photo_id in owed]
    if not any(reason.about_set for reason in owed.values()):
        return tuple(contested)
    beside = [
        AppealedPhoto(photo_id=photo.photo_id, beside=True)
        for photo in photos
        if photo.photo_id not in owed and photo.state is PhotoState.ACCEPTED
    ]
    return (*contested, *beside)


def _contestable(
    job: Job, now: datetime, *, jobs: Jobs, reviews: Reviews
) -> Mapping[PhotoId, Reason]:
    if not job.ended:
        raise JobRunning(f"job {job.job_id} is {job.state}: appeal when it has ended")
    photos = jobs.photos(job.job_id)
    owed = decisions(job, photos, reviews.for_job(job.job_id)).needing_statement
    if not owed:
        raise NotContestable(
            f"job {job.job_id} broke no rule: replace the refused photos in a new job"
        )
    if now >= issued_at(job, photos) + APPEAL_WITHIN:
        raise NotContestable(
            f"job {job.job_id} ended too long ago: its records are about to expire"
        )
    return owed
