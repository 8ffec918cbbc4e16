"""A job for the app backend: state, verdicts, progress, avatars with presigned URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.job_view import JobView, ProgressView
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.estimate import WORKING, active_time, estimate
from likeness.domain.jobs.job import Job, JobState, WaitingFor
from likeness.domain.jobs.operating_state import Scarce, Submitted, engine_of, lasting
from likeness.domain.jobs.polling import poll_after_s
from likeness.domain.photos.photo import PhotoState
from likeness.domain.review.appeal import AppealState
from likeness.domain.review.refusal import decisions
from likeness.presenters import jobs as views
from likeness.services.photos.lost_uploads import request_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from likeness.api.account import QuotaView
    from likeness.api.avatars import AvatarView
    from likeness.contracts.container import GenerationProgress
    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.generation.published import PublishedAvatar
    from likeness.domain.ids import JobId
    from likeness.ports.generation import Work
    from likeness.ports.jobs import JobDurations, Jobs, OperatingState, ShownJobs
    from likeness.ports.photos import Inspections, Photos
    from likeness.ports.provenance import AvatarStore
    from likeness.ports.review import Appeals, Reviews
    from likeness.ports.runtime import Clock
    from likeness.presenters.reasons import Cards
    from likeness.services.jobs.waiting import Readiness

UNDECIDED = (PhotoState.AWAITED, PhotoState.CHECKING)
PROVEN = (DeletionState.DELETED, DeletionState.HELD)


def get_job(
    job_id: JobId,
    *,
    shown_jobs: ShownJobs,
    jobs: Jobs,
    photos: Photos,
    inspections: Inspections,
    avatar_store: AvatarStore,
    work: Work,
    durations: JobDurations,
    reviews: Reviews,
    appeals: Appeals,
    readiness: Readiness,
    clock: Clock,
    reasons: Cards,
    quota: Callable[[Job], QuotaView],
) -> JobView:
    """While the job is open, requests the inspection of uploads whose S3 event was lost.
    `quota`: the use case get_quota.
    """
    shown = shown_jobs.get(job_id)
    job, deletion = shown.job, shown.deletion
    there = request_lost(shown, jobs=jobs, photos=photos, inspections=inspections, clock=clock)
    decided = reviews.for_job(job_id) if job.state is JobState.REFUSED else []
    refused = decisions(job, there, decided)
    appeal = appeals.get(job_id) if refused.needing_statement else None
    now = clock.now()
    avatars = _avatars(job, jobs, avatar_store) if job.shows_avatars(now) else ()
    progress = _progress(job, now, jobs=jobs, work=work, durations=durations, readiness=readiness)
    return JobView(
        **views.job_summary(job, reasons).model_dump(exclude={"avatars_shown", "thumbnail"}),
        tier=job.tier,
        timeline=job.timeline,
        photos=tuple(views.photo_view(photo, refused, reasons) for photo in there),
        photos_deleted_at=job.photos_deleted_at,
        deletion=deletion.state if deletion else None,
        progress=progress,
        avatars=avatars,
        avatars_expire_at=job.avatars_expire_at,
        archive=avatar_store.archive_url(job_id) if avatars else None,
        quota=quota(job),
        statement=views.statement(job, there, refused, appeal, reasons),
        poll_after_s=poll_after_s(
            job.state,
            checking=any(photo.state in UNDECIDED for photo in there),
            waits=bool(progress and progress.waiting_for)
            or (appeal is not None and appeal.state is AppealState.IN_REVIEW),
            settled=job.ended
            and (deletion is not None and deletion.state in PROVEN)
            and not (appeal and appeal.undecided),
            p50_s=progress.estimate.p50_s if progress and progress.estimate else None,
            test=job.test is not None,
        ),
    )


def _progress(
    job: Job,
    now: datetime,
    *,
    jobs: Jobs,
    work: Work,
    durations: JobDurations,
    readiness: Readiness,
) -> ProgressView | None:
    if job.state not in WORKING:
        return None
    recent = durations.recent(job.backend, job.tier) if job.backend else {}
    found = estimate(recent, active_time(job, now).total_seconds())
    drawn = work.progress(job.job_id, job.attempt) if job.state is JobState.GENERATING else None
    return views.progress_view(
        _done(job, jobs, drawn),
        job.avatars_planned,
        found,
        waiting_for=_waiting_for(job, drawn, readiness.state, now),
        ends_by=job.created_at + readiness.deadline,
    )


def _waiting_for(
    job: Job, drawn: GenerationProgress | None, operating_state: OperatingState, now: datetime
) -> WaitingFor | None:
    """Drawn avatars may wait for the detector. A job that is being drawn waits for nothing else.

    A job that was ordered, and is not drawn while others wait for an instance, waits for one too.
    """
    of = job.waiting.of if job.waiting else None
    if of is WaitingFor.DETECTOR:
        return of
    if drawn or job.test:
        return None
    stops = operating_state.switches().stops([engine_of(job.backend or "")])
    if any(stop.submitted is not Submitted.CONTINUE for stop in stops):
        return WaitingFor.STOPPED
    if of is WaitingFor.CAPACITY:
        return of
    if job.state is not JobState.GENERATING:
        return None
    short = {one.of for one in lasting(operating_state.shortages(), now)}
    return WaitingFor.CAPACITY if Scarce.CAPACITY in short else None


def _done(job: Job, jobs: Jobs, drawn: GenerationProgress | None) -> int:
    """Avatars drawn. In attempt 2 those of attempt 1 count, except those that are drawn again."""
    if job.state is JobState.FINISHING:
        drawn_avatars = (a for a in jobs.avatars(job.job_id) if a.style in job.styles_on)
        return sum(avatar.state is not AvatarState.REFUSED for avatar in drawn_avatars)
    if drawn is None:
        return 0
    return max(0, job.avatars_planned - drawn.total + drawn.done)


def _avatars(job: Job, jobs: Jobs, avatar_store: AvatarStore) -> tuple[AvatarView, ...]:
    """An earlier release stored no list with the job: then the avatars are read."""
    published: Sequence[Avatar | PublishedAvatar] = (
        [a for a in jobs.avatars(job.job_id) if a.state is AvatarState.PUBLISHED]
        if job.published is None
        else job.published
    )
    urls = avatar_store.urls(job.job_id, [avatar.avatar_id for avatar in published])
    return tuple(views.avatar_view(avatar, urls[avatar.avatar_id]) for avatar in published)
