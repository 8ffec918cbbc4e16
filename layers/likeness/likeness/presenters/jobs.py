"""Views of jobs: photos, progress, avatars, and the statement of reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.appeals import AppealedPhotoView, AppealView, Statement, StatementGround
from likeness.api.avatars import AvatarView
from likeness.api.catalogue import StyleView
from likeness.api.job_view import EstimateView, ProgressView
from likeness.api.jobs import JobSummary
from likeness.api.photos import PhotoView
from likeness.domain.generation.likeness import likeness_score
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.review.refusal import APPEAL_WITHIN, Refusal, issued_at
from likeness.presenters.reasons import reason_view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.generation.published import PublishedAvatar
    from likeness.domain.ids import PhotoId
    from likeness.domain.jobs.catalogue import StyleCard
    from likeness.domain.jobs.estimate import Estimate
    from likeness.domain.jobs.job import WaitingFor
    from likeness.domain.reasons import ReasonCard
    from likeness.domain.review.appeal import Appeal
    from likeness.ports.provenance import AvatarUrls
    from likeness.presenters.reasons import Cards

DECISION = {
    "en": "No avatars were made from these photos, the photos were deleted, and the day counts "
    "as used.",
    "de": "Aus diesen Fotos wurden keine Avatare gemacht, die Fotos wurden gelöscht, und der Tag "
    "gilt als verbraucht.",
}
LEFT_OUT = {
    "en": "The avatars are made from the other photos. These photos were left out and deleted.",
    "de": "Die Avatare werden aus den übrigen Fotos gemacht. Diese Fotos wurden weggelassen und "
    "gelöscht.",
}
HOW_TO_APPEAL = {
    "en": "Appeal in the app and upload the same photos again, since we have none any more. A lead "
    "of our moderation team who did not decide before looks at them, free of charge.",
    "de": "Widersprich in der App und lade dieselben Fotos noch einmal hoch, denn wir haben sie "
    "nicht mehr. Jemand aus der Leitung unseres Moderationsteams, der noch nicht entschieden hat, "
    "sieht sie kostenlos an.",
}


def job_summary(job: Job, cards: Cards, thumbnail: str | None = None) -> JobSummary:
    """`thumbnail`: of a job whose avatars are shown."""
    return JobSummary(
        job_id=job.job_id,
        user_id=job.user_id,
        metadata=job.metadata,
        test=job.test is not None,
        state=job.state,
        reason=reason_view(job.reason, cards) if job.reason else None,
        failure=job.failure,
        styles=job.styles,
        styles_off=job.styles_off,
        avatars_asked=job.avatars_asked or job.avatars,
        avatars_planned=job.avatars_planned,
        created_at=job.created_at,
        submit_by=job.submit_by,
        avatars_shown=job.avatars_shown if thumbnail else 0,
        thumbnail=thumbnail,
        avatars_deleted_at=job.avatars_deleted_at,
    )


def photo_view(photo: Photo, refused: Refusal, cards: Cards) -> PhotoView:
    """The problem that a check found, else the ground of the refusal."""
    problem = photo.problem
    ground = None if problem else refused.grounds.get(photo.photo_id)
    reason = problem.reason if problem else ground
    left_out = photo.state is PhotoState.LEFT_OUT
    return PhotoView(
        photo_id=photo.photo_id,
        state=PhotoState.REFUSED if ground else photo.state,
        problem=reason_view(reason, cards, left_out=left_out) if reason else None,
        box=problem.box if problem else None,
        duplicate_of=problem.duplicate_of if problem else None,
    )


def progress_view(
    done: int,
    total: int,
    found: Estimate | None,
    *,
    waiting_for: WaitingFor | None,
    ends_by: datetime,
) -> ProgressView:
    """A job that waits has no estimate: it is not known for how long."""
    estimate = EstimateView(**found.model_dump()) if found and not waiting_for else None
    return ProgressView(
        done=done, total=total, estimate=estimate, waiting_for=waiting_for, ends_by=ends_by
    )


def avatar_view(avatar: Avatar | PublishedAvatar, urls: AvatarUrls) -> AvatarView:
    return AvatarView(
        avatar_id=avatar.avatar_id,
        style=avatar.style,
        likeness=likeness_score(avatar.distance),
        png=urls.png,
        webp=urls.webp,
    )


def statement(
    job: Job, photos: Sequence[Photo], refused: Refusal, appeal: Appeal | None, cards: Cards
) -> Statement | None:
    """The statement of reasons if a rule was broken; None if a photo was only unusable."""
    owed = refused.needing_statement
    if not owed:
        return None
    at = issued_at(job, photos)
    return Statement(
        issued_at=at,
        decision=DECISION if job.state is JobState.REFUSED else LEFT_OUT,
        grounds=tuple(
            _ground(photo_id, cards[reason], left_out=photo_id in refused.left_out)
            for photo_id, reason in owed.items()
        ),
        policy_version=next((p.verdict.policy_version for p in photos if p.verdict), None),
        automated_detection=True,
        automated_decision=refused.automated,
        how_to_appeal=HOW_TO_APPEAL,
        appeal_until=at + APPEAL_WITHIN,
        appeal=appeal_view(appeal) if appeal else None,
    )


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
                optional=photo.beside,
            )
            for photo in appeal.photos
        ),
    )


def style_view(card: StyleCard) -> StyleView:
    return StyleView(
        style=card.style,
        name=dict(card.name),
        description=dict(card.description),
        preview=f"/v1/styles/{card.style}/preview",
        thumbnail=f"/v1/styles/{card.style}/preview?size=256",
    )


def _ground(photo_id: PhotoId, card: ReasonCard, *, left_out: bool) -> StatementGround:
    if card.dsa_category is None:
        raise ValueError(f"{card.code} has no DSA category")  # such a card cannot be loaded
    return StatementGround(
        **reason_view(card.code, {card.code: card}, left_out=left_out).model_dump(),
        photo_id=photo_id,
        dsa_category=card.dsa_category,
        dsa_keyword=card.dsa_keyword,
    )
