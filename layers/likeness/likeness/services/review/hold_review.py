"""A moderator holds a case: its photos may be illegal, and a lead decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import Invalid
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import Moderator, Review, job_of
from likeness.domain.review.hold import HoldTrigger
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.presenters.review import review_summary
from likeness.services.review.blind import case_for
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.holds import HoldReview
    from likeness.api.review import ReviewSummary
    from likeness.domain.ids import ReviewId
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock
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
    """Deletion is forbidden first, then the case leaves the queue, then the photos are preserved:
    if that fails, no other moderator can approve the case, and complete_holds copies again.

    Idempotent for the same moderator. From then on only leads see the case.
    """
    now = clock.now()
    for held in reviews.for_job(job_of(review_id)):
        repeated = held.state is ReviewState.HELD and held.held_by == moderator.id
        if repeated and held.public_id == review_id:
            holding.preserve(held.job_id)
            return review_summary(held, moderator, now)
    review = case_for(review_id, moderator, reviews=reviews, now=now)
    review.require_lease(moderator.id, now)
    if others := sorted(set(request.photos) - {photo.photo_id for photo in review.photos}):
        raise Invalid(f"photos: {', '.join(others)} are not in this review", field="/body/photos")
    real = review.kind is not ReviewKind.KNOWN  # a known case has no job to hold
    if real:
        holding.begin(
            review.job_id, HoldTrigger.MODERATOR, by=moderator.id, suspected=request.photos
        )

    def held_by_lease(found: Review) -> Review:
        found.require_lease(moderator.id, now)
        return found.hold(moderator.id)

    held = change_case(
        review_id,
        held_by_lease,
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.HELD,
        details={"photos": ",".join(sorted(request.photos))},
    )
    if real:
        holding.preserve(held.job_id)
    return review_summary(held, moderator, now)
