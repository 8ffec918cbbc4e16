"""A job for the app backend: state, verdicts, progress, avatars with presigned URLs."""

from collections.abc import Callable
from datetime import datetime

from likeness.api.app import AvatarView, JobView, ProgressView, QuotaView
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.estimate import WORKING, estimate, work_time
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.test_plan import TestPlan
from likeness.domain.review.refusal import decisions
from likeness.ports.deletion import Deletions
from likeness.ports.generation import Work
from likeness.ports.jobs import JobDurations, Jobs
from likeness.ports.photos import Inspections, Photos
from likeness.ports.provenance import AvatarStore
from likeness.ports.review import Appeals, Reviews
from likeness.ports.runtime import Clock
from likeness.presenters import jobs as views
from likeness.services.photos.lost_uploads import request_lost


def get_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    photos: Photos,
    inspections: Inspections,
    avatar_store: AvatarStore,
    work: Work,
    durations: JobDurations,
    deletions: Deletions,
    reviews: Reviews,
    appeals: Appeals,
    clock: Clock,
    reasons: views.Cards,
    quota: Callable[[UserId, TestPlan | None], QuotaView],
) -> JobView:
    """While the job is open, requests the inspection of uploads whose S3 event was lost.
    `quota`: the use case get_quota.
    """
    job = jobs.get(job_id)
    there = request_lost(job, jobs=jobs, photos=photos, inspections=inspections, clock=clock)
    decided = reviews.for_job(job_id) if job.state is JobState.REFUSED else []
    refused = decisions(job, there, decided)
    appeal = appeals.get(job_id) if refused.needing_statement else None
    now = clock.now()
    deletion = deletions.get(job_id)
    avatars = _avatars(job, jobs, avatar_store) if job.shows_avatars(now) else ()
    return JobView(
        **views.job_summary(job, reasons).model_dump(exclude={"avatars_shown", "thumbnail"}),
        tier=job.tier,
        timeline=job.timeline,
        photos=tuple(views.photo_view(photo, refused, reasons) for photo in there),
        photos_deleted_at=job.photos_deleted_at,
        deletion=deletion.state if deletion else None,
        progress=_progress(job, jobs, work, durations, now),
        avatars=avatars,
        avatars_expire_at=job.avatars_expire_at,
        archive=avatar_store.archive_url(job_id) if avatars else None,
        quota=quota(job.user_id, job.test),
        statement=views.statement(job, there, refused, appeal, reasons),
    )


def _progress(
    job: Job, jobs: Jobs, work: Work, durations: JobDurations, now: datetime
) -> ProgressView | None:
    if job.state not in WORKING:
        return None
    recent = durations.recent(job.backend, job.tier) if job.backend else {}
    found = estimate(recent, work_time(job, now).total_seconds())
    return views.progress_view(_done(job, jobs, work), job.avatars, found)


def _done(job: Job, jobs: Jobs, work: Work) -> int:
    """Avatars drawn. In attempt 2 those of attempt 1 count, except those that are drawn again."""
    if job.state is JobState.FINISHING:
        return sum(avatar.state is not AvatarState.REFUSED for avatar in jobs.avatars(job.job_id))
    progress = work.progress(job.job_id, job.attempt) if job.state is JobState.GENERATING else None
    if progress is None:
        return 0
    return job.avatars - progress.total + progress.done


def _avatars(job: Job, jobs: Jobs, avatar_store: AvatarStore) -> tuple[AvatarView, ...]:
    published = [a for a in jobs.avatars(job.job_id) if a.state is AvatarState.PUBLISHED]
    urls = avatar_store.urls(job.job_id, [avatar.avatar_id for avatar in published])
    return tuple(views.avatar_view(avatar, urls[avatar.avatar_id]) for avatar in published)
