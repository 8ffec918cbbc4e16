"""A moderator decides a case. The decision takes effect a little later: complete_decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import Invalid, MustBeHeld
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import Moderator, Review, check_refusal, must_be_held
from likeness.domain.review.kinds import ReviewKind
from likeness.domain.review.sampling import is_sampled
from likeness.presenters.review import review_summary
from likeness.services.review.blind import case_for
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import DecideReview, ReviewSummary
    from likeness.domain.ids import ReviewId
    from likeness.domain.moderation import EscalateRule
    from likeness.ports.review import PendingDecisions, Reviews
    from likeness.ports.runtime import Clock


def decide_review(
    review_id: ReviewId,
    decision: DecideReview,
    *,
    moderator: Moderator,
    reviews: Reviews,
    pending: PendingDecisions,
    clock: Clock,
    escalate: EscalateRule,
    undo: timedelta,
    second_percent: float,
) -> ReviewSummary:
    """Idempotent: the same decision again, by the same moderator, returns the same response.

    The decision is stored first and scheduled then. If scheduling fails, the moderator sends it
    again, or `expire_reviews` completes it.
    """
    if decision.approve == bool(decision.photos):
        raise Invalid(
            "approve and name no photo, or refuse and name each with its reason code",
            field="/body/photos",
        )
    now = clock.now()

    def decided(review: Review) -> Review:
        check_refusal(review, decision.photos)
        if must_be_held(review, decision.photos, escalate):
            raise MustBeHeld("nudity and a minor: hold the case, a lead decides first")
        sampled = is_sampled(review.job_id, second_percent, "second")
        return review.decide(
            moderator.id,
            now=now,
            refused=decision.photos,
            undo=undo,
            second=sampled and review.kind is ReviewKind.PHOTOS,
            day=moderator.today(now).day,
        )

    review = case_for(review_id, moderator, reviews=reviews, now=now)
    if not _is_repeated(review, decision, moderator):
        review = change_case(
            review_id,
            decided,
            moderator=moderator,
            reviews=reviews,
            now=now,
            action=AuditAction.APPROVED if decision.approve else AuditAction.REFUSED,
            details={str(photo.photo_id): photo.reason.value for photo in decision.photos},
        )
    if review.pending and review.counts_at:
        left = max(timedelta(0), review.counts_at - now)
        pending.schedule(review.review_id, after=left)
    return review_summary(review, moderator, now)


def _is_repeated(review: Review, decision: DecideReview, moderator: Moderator) -> bool:
    return review.decided_by == moderator.id and review.refused == decision.photos
