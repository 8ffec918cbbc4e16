"""Reveal one clear photo to a moderator: counted, audited, with a URL valid for a minute."""

from likeness.api.review import ClearPhotoView, RevealPhoto
from likeness.domain.errors import ExposureUsed, NotFound
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import URL_LIFETIME, Moderator
from likeness.ports.photos import Photos
from likeness.ports.review import DeskCounters, Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import exposure_view


def reveal_photo(
    review_id: ReviewId,
    request: RevealPhoto,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    photos: Photos,
    clock: Clock,
    budget: int,
) -> ClearPhotoView:
    """Counted before the URL is made, so that no picture is shown uncounted.

    Raises ExposureUsed if the day's budget is used up; leads see the request for more.
    """
    now = clock.now()
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    review.require_lease(moderator.id, now)
    if request.photo_id not in {photo.photo_id for photo in review.photos}:
        raise NotFound(f"there is no photo {request.photo_id} in review {review_id}")
    details = {"photo_id": str(request.photo_id)}
    audit_event = about(review, AuditAction.REVEALED, now, actor=moderator.id, details=details)
    try:
        exposure = desk_counters.expose(audit_event, budget=budget)
    except ExposureUsed:
        desk_counters.ask(audit_event.model_copy(update={"action": AuditAction.EXPOSURE_ASKED}))
        raise
    return ClearPhotoView(
        photo_id=request.photo_id,
        url=photos.review_url(review.job_id, request.photo_id),
        expires_at=now + URL_LIFETIME,
        exposure=exposure_view(exposure, budget),
    )
