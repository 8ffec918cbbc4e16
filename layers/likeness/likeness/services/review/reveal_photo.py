"""Show a moderator one photo as it is: an act that is counted, and a link that lives a minute."""

from likeness.api.review import Reveal, Revealed
from likeness.domain.errors import NotFound, OverQuota
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import URL_LIFETIME, Moderator
from likeness.ports.photos import Photos
from likeness.ports.review import DeskCounters, Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.list_reviews import exposed


def reveal_photo(
    review_id: ReviewId,
    request: Reveal,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    photos: Photos,
    clock: Clock,
    budget: int,
) -> Revealed:
    """Counted before the link is made: a picture that nobody counted was never shown.

    Who has used up the day's budget gets OverQuota, and leads see that they asked.
    """
    now = clock.now()
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    review.require_lease(moderator.id, now)
    if request.photo_id not in {photo.photo_id for photo in review.photos}:
        raise NotFound(f"there is no photo {request.photo_id} in review {review_id}")
    audit_event = AuditEvent(
        at=now,
        actor=moderator.id,
        action=AuditAction.REVEALED,
        review_id=review_id,
        job_id=review.job_id,
        details={"photo_id": request.photo_id},
    )
    try:
        exposure = desk_counters.expose(audit_event, budget=budget)
    except OverQuota:
        desk_counters.ask(audit_event.model_copy(update={"action": AuditAction.EXPOSURE_ASKED}))
        raise
    return Revealed(
        photo_id=request.photo_id,
        url=photos.review_url(review.job_id, request.photo_id),
        expires_at=now + URL_LIFETIME,
        exposure=exposed(exposure, budget),
    )
