"""A moderator holds a case: its photos may be illegal, and a lead decides."""

from likeness.api.holds import HoldReview
from likeness.api.review import ReviewSummary
from likeness.domain.errors import Invalid
from likeness.domain.ids import ReviewId
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import Moderator, ReviewState, job_of
from likeness.domain.review.hold import HoldTrigger
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import review_summary
from likeness.services.review.blind import case_for
from likeness.services.review.holding import Holding


def hold_review(
    review_id: ReviewId,
    request: HoldReview,
    *,
    moderator: Moderator,
    reviews: Reviews,
    holding: Holding,
    clock: Clock,
) -> ReviewSummary:
    """The photos are preserved first: if that fails, the case stays as it is.

    Idempotent for the same moderator. From then on only leads see the case.
    """
    now = clock.now()
    hold = holding.active(job_of(review_id))
    if hold and hold.held_by == moderator.id:
        for held in reviews.for_job(hold.job_id):
            if held.state is ReviewState.HELD and held.public_id == review_id:
                return review_summary(held, moderator, now)
    review = case_for(review_id, moderator, reviews=reviews, now=now)
    review.require_lease(moderator.id, now)
    if others := sorted(set(request.photos) - {photo.photo_id for photo in review.photos}):
        raise Invalid(f"photos: {', '.join(others)} are not in this review", field="/body/photos")
    holding.hold(review.job_id, HoldTrigger.MODERATOR, by=moderator.id, suspected=request.photos)
    held = review.hold()
    details = {"photos": ",".join(sorted(request.photos))}
    reviews.save(held, about(held, AuditAction.HELD, now, actor=moderator.id, details=details))
    return review_summary(held, moderator, now)
