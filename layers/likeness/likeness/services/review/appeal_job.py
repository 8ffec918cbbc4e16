"""A user contests a refusal: the same files come in once more, and a lead looks."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from likeness.api.app import AppealedPhotoView, AppealOpened, AppealView
from likeness.domain.account.quota import grant_day
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.domain.review.case import Review, ReviewState
from likeness.domain.review.refusal import APPEAL_WITHIN, refusal
from likeness.ports.account import Ledger, Users
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
) -> AppealOpened:
    """Asked again while files are awaited, it gives new forms for those that are missing.

    A decision on an appeal is final. One that nobody decided in time may be opened again. Its files
    are photos like those before: the job's deadline is set anew, before any of them can come in;
    and none comes in before the first ones are gone, for whatever deletes those takes it along.
    """
    now = clock.now()
    job = jobs.get(job_id)
    owed = _contestable(job, now, jobs=jobs, reviews=reviews)
    there = {photo.photo_id: photo for photo in jobs.photos(job_id)}
    deletion = deletions.get(job_id)
    if deletion is None or deletion.state is DeletionState.PENDING:
        raise Conflict(f"the photos of job {job_id} are still being deleted: appeal in a minute")
    appeal = appeals.get(job_id)
    if appeal is None or appeal.state is AppealState.EXPIRED:
        deadlines.set(job_id, when=now + deadline)
        deadlines.move(job_id, when=now + deadline)  # where the first one has not gone off yet
    if appeal is None:
        awaited = tuple(AppealedPhoto(photo_id=photo_id) for photo_id in owed)
        appeal = Appeal(job_id=job_id, opened_at=now, photos=awaited)
        appeals.save(appeal)
    elif appeal.state is AppealState.EXPIRED:
        awaited = tuple(AppealedPhoto(photo_id=photo_id) for photo_id in owed)
        appeal = appeal.change(state=AppealState.OPEN, photos=awaited, decide_by=None)
        appeals.save(appeal)
    appeal.require(AppealState.OPEN)
    return AppealOpened(
        appeal=appeal_view(appeal),
        uploads=tuple(
            photos.appeal_presigned_post(job_id, photo.photo_id, there[photo.photo_id].content_type)
            for photo in appeal.photos
            if not photo.match
        ),
    )


def ended_at(job: Job) -> datetime:
    return job.timeline[-1].at


def appeal_view(appeal: Appeal) -> AppealView:
    return AppealView(
        state=appeal.state,
        opened_at=appeal.opened_at,
        decide_by=appeal.decide_by,
        decided_at=appeal.decided_at,
        photos=tuple(
            AppealedPhotoView(
                photo_id=photo.photo_id,
                state="recognised" if photo.match else "another" if photo.mismatch else "awaited",
            )
            for photo in appeal.photos
        ),
    )


def close_appeal(
    review: Review,
    *,
    jobs: Jobs,
    reviews: Reviews,
    appeals: Appeals,
    photos: Photos,
    ledger: Ledger,
    users: Users,
    now: datetime,
) -> None:
    """What follows from a decided or expired appeal. May be done twice.

    A granted one gives the user a job more, and the judge never again refuses these very photos
    for what a lead found that they do not show. The files that came in again go in any case, and
    the appeal is closed last: while it is open, something is left to do.
    """
    job = jobs.get(review.job_id)
    appeal = appeals.get(review.job_id)
    if appeal is None or appeal.state is not AppealState.IN_REVIEW:
        return
    state = {
        ReviewState.APPROVED: AppealState.GRANTED,
        ReviewState.REFUSED: AppealState.REJECTED,
    }.get(review.state, AppealState.EXPIRED)
    if state is AppealState.GRANTED:
        users.clear(job.user_id, _to_clear(job, jobs=jobs, reviews=reviews))
        decided = review.decided_at or now
        zone = users.profile(job.user_id).zone  # everybody has one who ever had a job
        if job.day is not None and zone is not None:
            ledger.grant(job, grant_day(decided, zone), now=decided)
    photos.purge(review.job_id)
    appeals.save(appeal.change(state=state, decided_at=review.decided_at, photos_deleted_at=now))


def _contestable(
    job: Job, now: datetime, *, jobs: Jobs, reviews: Reviews
) -> Mapping[PhotoId, Reason]:
    job.require(JobState.REFUSED)
    if now >= ended_at(job) + APPEAL_WITHIN:
        raise Conflict(f"job {job.job_id} ended too long ago: its records are about to go")
    owed = refusal(jobs.photos(job.job_id), reviews.of(job.job_id)).owed
    if not owed:
        raise Conflict(f"job {job.job_id} broke no rule: replace the refused photos in a new job")
    return owed


def _to_clear(job: Job, *, jobs: Jobs, reviews: Reviews) -> Mapping[str, frozenset[Reason]]:
    """By seal: the ground of each photo's refusal, and whatever else the judge had found in it."""
    photos = jobs.photos(job.job_id)
    owed = refusal(photos, reviews.of(job.job_id)).owed
    return {
        photo.hmac: frozenset({owed[photo.photo_id]})
        | {f.reason for f in (photo.verdict.findings if photo.verdict else ()) if f.reason}
        for photo in photos
        if photo.hmac and photo.photo_id in owed
    }
