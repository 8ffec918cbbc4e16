"""Reveal a photo to a moderator: counted, audited, clear with a URL for a minute or in grey."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from likeness.api.review import RevealedPhotoView, RevealPhoto
from likeness.domain.errors import ExposureUsed, NotFound
from likeness.domain.moderation import Policy, severity
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import URL_LIFETIME, Moderator, PhotoFindings, RevealLevel
from likeness.presenters.review import exposure_view
from likeness.services.review.blind import case_for

if TYPE_CHECKING:
    from likeness.domain.ids import JobId, ReviewId
    from likeness.ports.photos import Photos
    from likeness.ports.review import DeskCounters, Previews, Reviews
    from likeness.ports.runtime import Clock


def reveal_photo(
    review_id: ReviewId,
    request: RevealPhoto,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    photos: Photos,
    previews: Previews,
    policy: Policy,
    clock: Clock,
    budget: int,
) -> RevealedPhotoView:
    """Counted before the picture is read, so that none is shown uncounted.

    A photo costs points by the severity of its findings, so that a harmless portrait costs less
    than a nude. Raises ExposureUsed if the day's budget is used up; leads see the request for more.
    """
    now = clock.now()
    review = case_for(review_id, moderator, reviews=reviews, now=now)
    review.require_lease(moderator.id, now)
    photo = next((one for one in review.photos if one.photo_id == request.photo_id), None)
    if photo is None:
        raise NotFound(f"there is no photo {request.photo_id} in review {review_id}")
    points = request.level.points(clear_points(photo, policy))
    details = {
        "photo_id": str(photo.photo_id),
        "level": request.level.value,
        "points": str(points),
    }
    audit_event = about(review, AuditAction.REVEALED, now, actor=moderator.id, details=details)
    today = moderator.today(now)
    try:
        exposure = desk_counters.expose(audit_event, today=today, points=points, budget=budget)
    except ExposureUsed:
        asked = audit_event.model_copy(update={"action": AuditAction.EXPOSURE_ASKED})
        desk_counters.ask(asked, today=today)
        raise
    clear = request.level is RevealLevel.CLEAR
    return RevealedPhotoView(
        photo_id=photo.photo_id,
        level=request.level,
        url=photos.review_url(review.job_id, photo.photo_id)
        if clear
        else _grey(review.job_id, photo, request.level, photos, previews),
        expires_at=now + URL_LIFETIME if clear else None,
        exposure=exposure_view(exposure, budget, today),
    )


def clear_points(photo: PhotoFindings, policy: Policy) -> int:
    """Return what the clear photo costs of the exposure budget."""
    reasons = [finding.reason for finding in photo.findings]
    return policy.exposure[severity(reasons, policy) if reasons else "none"]


def _grey(
    job_id: JobId, photo: PhotoFindings, level: RevealLevel, photos: Photos, previews: Previews
) -> str:
    jpeg = previews.grey(photos.read(job_id, photo.photo_id), soft=level is RevealLevel.SOFT)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
