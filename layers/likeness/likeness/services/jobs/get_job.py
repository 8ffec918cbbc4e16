"""A job as the app backend sees it: state, verdicts, progress, avatars with short-lived links."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from likeness.api.app import (
    AvatarView,
    EstimateView,
    Explained,
    Ground,
    JobView,
    PhotoView,
    ProgressView,
    Statement,
)
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.jobs.catalogue import Tier
from likeness.domain.jobs.estimate import MAX_DURATIONS, WORKING, estimate, worked
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.reasons import Reason, ReasonCard
from likeness.domain.review.refusal import APPEAL_WITHIN, Refusal, refusal
from likeness.ports.account import KeyedHash, Ledger, Users
from likeness.ports.deletion import Deletions
from likeness.ports.generation import Work
from likeness.ports.jobs import JobDurations, Jobs
from likeness.ports.provenance import AvatarStore
from likeness.ports.review import Appeals, Reviews
from likeness.ports.runtime import Clock
from likeness.services.account.get_quota import get_quota
from likeness.services.review.appeal_job import appeal_view, ended_at

Cards = Mapping[Reason, ReasonCard]

DECISION = {
    "en": "No avatars were made from these photos, the photos were deleted, and the day counts "
    "as used.",
    "de": "Aus diesen Fotos wurden keine Avatare gemacht, die Fotos wurden gelöscht, und der Tag "
    "gilt als verbraucht.",
}
HOW_TO_APPEAL = {
    "en": "Appeal in the app and upload the same photos again, since we have none any more. A lead "
    "of our moderation team who did not decide before looks at them, free of charge.",
    "de": "Widersprich in der App und lade dieselben Fotos noch einmal hoch, denn wir haben sie "
    "nicht mehr. Jemand aus der Leitung unseres Moderationsteams, der noch nicht entschieden hat, "
    "sieht sie kostenlos an.",
}


def get_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    avatar_store: AvatarStore,
    work: Work,
    durations: JobDurations,
    deletions: Deletions,
    keyed_hash: KeyedHash,
    reviews: Reviews,
    appeals: Appeals,
    clock: Clock,
    tiers: Mapping[str, Tier],
    reasons: Cards,
) -> JobView:
    """Avatars are shown until they expire, whenever the bucket gets to deleting them."""
    job = jobs.get(job_id)
    photos = jobs.photos(job_id)
    refused = refusal(photos, reviews.of(job_id)) if job.state is JobState.REFUSED else None
    now = clock.now()
    expired = job.avatars_expire_at is not None and now >= job.avatars_expire_at
    shown = job.state is JobState.COMPLETED and not expired
    avatars = _avatars(job, jobs, avatar_store) if shown else ()
    return JobView(
        job_id=job.job_id,
        state=job.state,
        reason=explain(job.reason, reasons) if job.reason else None,
        failure=job.failure,
        tier=job.tier,
        styles=job.styles,
        avatars_asked=job.avatars,
        created_at=job.created_at,
        submit_by=job.submit_by,
        timeline=job.timeline,
        photos=tuple(_photo(photo, refused, reasons) for photo in photos),
        photos_deleted_at=job.photos_deleted_at,
        deletion=_deletion(job_id, deletions),
        progress=_progress(job, jobs, work, durations, now),
        avatars=avatars,
        avatars_expire_at=job.avatars_expire_at,
        archive=avatar_store.archive_url(job_id) if avatars else None,
        quota=get_quota(
            job.user_id,
            users=users,
            ledger=ledger,
            keyed_hash=keyed_hash,
            clock=clock,
            tiers=tiers,
        ),
        statement=_statement(job, photos, refused, appeals, reasons) if refused else None,
    )


def _deletion(job_id: JobId, deletions: Deletions) -> DeletionState | None:
    deletion = deletions.get(job_id)
    return deletion.state if deletion else None


def explain(reason: Reason, cards: Cards) -> Explained:
    card = cards[reason]
    return Explained(code=reason, hint=card.hint.model_dump(), fix_and_retry=card.fix_and_retry)


def _photo(photo: Photo, refused: Refusal | None, cards: Cards) -> PhotoView:
    """What a check found comes first; a refusal by moderation is shown like one."""
    problem = photo.problem
    if problem:
        return PhotoView(
            photo_id=photo.photo_id,
            state=photo.state,
            problem=explain(problem.reason, cards),
            box=problem.box,
            other=problem.other,
        )
    if refused and photo.photo_id in refused.grounds:
        return PhotoView(
            photo_id=photo.photo_id,
            state=PhotoState.REFUSED,
            problem=explain(refused.grounds[photo.photo_id], cards),
        )
    return PhotoView(photo_id=photo.photo_id, state=photo.state)


def _statement(
    job: Job, photos: Sequence[Photo], refused: Refusal, appeals: Appeals, cards: Cards
) -> Statement | None:
    """What the user is owed where a rule was broken; nothing where a photo only was no use."""
    if not refused.owed:
        return None
    appeal = appeals.get(job.job_id)
    return Statement(
        issued_at=ended_at(job),
        decision=DECISION,
        grounds=tuple(
            _ground(photo_id, cards[reason]) for photo_id, reason in refused.owed.items()
        ),
        policy_version=next((p.verdict.policy_version for p in photos if p.verdict), None),
        automated_detection=True,
        automated_decision=refused.automated,
        how_to_appeal=HOW_TO_APPEAL,
        appeal_until=ended_at(job) + APPEAL_WITHIN,
        appeal=appeal_view(appeal) if appeal else None,
    )


def _ground(photo_id: PhotoId, card: ReasonCard) -> Ground:
    if card.dsa_category is None:
        raise ValueError(f"{card.code} has no DSA category")  # its card would not have loaded
    return Ground(
        **explain(card.code, {card.code: card}).model_dump(),
        photo_id=photo_id,
        dsa_category=card.dsa_category,
        dsa_keyword=card.dsa_keyword,
    )


def _progress(
    job: Job, jobs: Jobs, work: Work, durations: JobDurations, now: datetime
) -> ProgressView | None:
    if job.state not in WORKING:
        return None
    latest = durations.recent(job.backend, job.tier, limit=MAX_DURATIONS) if job.backend else []
    found = estimate(latest, worked(job, now).total_seconds())
    return ProgressView(
        done=_done(job, jobs, work),
        total=job.avatars,
        estimate=EstimateView(**found.model_dump()) if found else None,
    )


def _done(job: Job, jobs: Jobs, work: Work) -> int:
    """Avatars drawn. In a second round those of the first count, less what is drawn again."""
    if job.state is JobState.FINISHING:
        return sum(avatar.state is not AvatarState.REFUSED for avatar in jobs.avatars(job.job_id))
    progress = work.progress(job.job_id, job.attempt) if job.state is JobState.GENERATING else None
    if progress is None:
        return 0
    return job.avatars - progress.total + progress.done


def _avatars(job: Job, jobs: Jobs, avatar_store: AvatarStore) -> tuple[AvatarView, ...]:
    published = [a for a in jobs.avatars(job.job_id) if a.state is AvatarState.PUBLISHED]
    urls = avatar_store.urls(job.job_id, [avatar.avatar_id for avatar in published])
    return tuple(
        AvatarView(
            avatar_id=avatar.avatar_id,
            style=avatar.style,
            likeness=avatar.distance,
            png=urls[avatar.avatar_id].png,
            webp=urls[avatar.avatar_id].webp,
        )
        for avatar in published
    )
