"""The moderators' use cases with their adapters: `/v1/reviews`, and what closes late cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters import policy_files
from likeness.bootstrap import adapters
from likeness.services.review import (
    claim_review as _claim_review,
    decide_review as _decide_review,
    expire_reviews as _expire_reviews,
    grant_exposure as _grant_exposure,
    heartbeat_review as _heartbeat_review,
    list_reviews as _list_reviews,
    read_audit as _read_audit,
    read_review as _read_review,
    release_review as _release_review,
    reveal_photo as _reveal_photo,
    review_stats as _review_stats,
)

if TYPE_CHECKING:
    from likeness.api.app import Page
    from likeness.api.review import (
        AuditView,
        CaseView,
        ClaimView,
        Decide,
        ExposureView,
        GrantExposure,
        Reveal,
        Revealed,
        ReviewSummary,
        ReviewsView,
        StatsOf,
        StatsView,
    )
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator


def list_reviews(query: Page, moderator: Moderator) -> ReviewsView:
    return _list_reviews.list_reviews(
        query,
        moderator=moderator,
        reviews=adapters.reviews(),
        desk_counters=adapters.desk_counters(),
        clock=adapters.CLOCK,
        budget=adapters.settings().exposure_budget,
    )


def read_review(review_id: ReviewId, moderator: Moderator) -> CaseView:
    from likeness.adapters.photos import pictures  # noqa: PLC0415 - Pillow: only where it is needed

    return _read_review.read_review(
        review_id,
        moderator=moderator,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        photos=adapters.photos(),
        previews=pictures,
        clock=adapters.CLOCK,
        reasons=policy_files.load_reasons(),
    )


def claim_review(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    return _claim_review.claim_review(
        review_id,
        moderator=moderator,
        reviews=adapters.reviews(),
        clock=adapters.CLOCK,
        lease=adapters.settings().lease,
    )


def heartbeat_review(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    return _heartbeat_review.heartbeat_review(
        review_id,
        moderator=moderator,
        reviews=adapters.reviews(),
        clock=adapters.CLOCK,
        lease=adapters.settings().lease,
    )


def release_review(review_id: ReviewId, moderator: Moderator) -> ReviewSummary:
    return _release_review.release_review(
        review_id, moderator=moderator, reviews=adapters.reviews(), clock=adapters.CLOCK
    )


def reveal_photo(review_id: ReviewId, request: Reveal, moderator: Moderator) -> Revealed:
    return _reveal_photo.reveal_photo(
        review_id,
        request,
        moderator=moderator,
        reviews=adapters.reviews(),
        desk_counters=adapters.desk_counters(),
        photos=adapters.photos(),
        clock=adapters.CLOCK,
        budget=adapters.settings().exposure_budget,
    )


def decide_review(review_id: ReviewId, decision: Decide, moderator: Moderator) -> ReviewSummary:
    return _decide_review.decide_review(
        review_id,
        decision,
        moderator=moderator,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        appeals=adapters.appeals(),
        photos=adapters.photos(),
        ledger=adapters.ledger(),
        users=adapters.users(),
        workflow=adapters.workflow(),
        clock=adapters.CLOCK,
        second_percent=adapters.settings().second_review_percent,
    )


def read_audit(review_id: ReviewId, moderator: Moderator) -> AuditView:
    return _read_audit.read_audit(
        review_id, moderator=moderator, reviews=adapters.reviews(), audit_log=adapters.audit_log()
    )


def review_stats(query: StatsOf, moderator: Moderator) -> StatsView:
    return _review_stats.review_stats(
        query,
        moderator=moderator,
        reviews=adapters.reviews(),
        desk_counters=adapters.desk_counters(),
        clock=adapters.CLOCK,
        budget=adapters.settings().exposure_budget,
    )


def grant_exposure(request: GrantExposure, moderator: Moderator) -> ExposureView:
    return _grant_exposure.grant_exposure(
        request,
        moderator=moderator,
        desk_counters=adapters.desk_counters(),
        clock=adapters.CLOCK,
        budget=adapters.settings().exposure_budget,
    )


def expire_reviews() -> int:
    return _expire_reviews.expire_reviews(
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        appeals=adapters.appeals(),
        photos=adapters.photos(),
        ledger=adapters.ledger(),
        users=adapters.users(),
        clock=adapters.CLOCK,
    )
