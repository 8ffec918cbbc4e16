"""Show a moderator one photo as it is: an act that is counted, and a link that lives a minute."""

from likeness.api_reviews import Reveal, Revealed
from likeness.domain.audit import Act, Deed
from likeness.domain.errors import NotFound, OverQuota
from likeness.domain.ids import ReviewId
from likeness.domain.review import LINK_LIVES, Moderator
from likeness.ports import Clock, Desk, Photos, Reviews
from likeness.services.list_reviews import exposed


def reveal_photo(
    review_id: ReviewId,
    request: Reveal,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk: Desk,
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
    review.require_lease(moderator.subject, now)
    if request.photo_id not in {photo.photo_id for photo in review.photos}:
        raise NotFound(f"there is no photo {request.photo_id} in review {review_id}")
    deed = Deed(
        at=now,
        actor=moderator.subject,
        act=Act.REVEALED,
        review_id=review_id,
        job_id=review.job_id,
        details={"photo_id": request.photo_id},
    )
    try:
        exposure = desk.expose(deed, budget=budget)
    except OverQuota:
        desk.ask(deed.model_copy(update={"act": Act.EXPOSURE_ASKED}))
        raise
    return Revealed(
        photo_id=request.photo_id,
        link=photos.review_link(review.job_id, request.photo_id),
        expires_at=now + LINK_LIVES,
        exposure=exposed(exposure, budget),
    )
