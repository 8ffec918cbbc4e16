"""One case: the findings in each photo, and a blurred grey preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.services.review.blind import case_for

if TYPE_CHECKING:
    from likeness.api.review import CaseView
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.review.case_reader import CaseReader


def read_review(
    review_id: ReviewId, *, moderator: Moderator, reviews: Reviews, case: CaseReader, clock: Clock
) -> CaseView:
    now = clock.now()
    return case.view(case_for(review_id, moderator, reviews=reviews, now=now), moderator, now)
