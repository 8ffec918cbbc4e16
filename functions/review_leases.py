"""Leases of cases: claim, heartbeat, release. Reads no picture and decides nothing."""

from likeness import bootstrap
from likeness.api.review import ClaimView, ReviewSummary
from likeness.domain.errors import CaseClosed, CaseTaken, ConcurrentChange, NoLease
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route, routes
from likeness.services.review.claim_review import claim_review
from likeness.services.review.heartbeat_review import heartbeat_review
from likeness.services.review.release_review import release_review


@route(
    "POST",
    "/v1/reviews/{review_id}/claim",
    gives=ClaimView,
    moderators=bootstrap.staff,
    raises=[CaseClosed, CaseTaken, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def claim_review_handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Lease the case. A heartbeat renews the lease."""
    return claim_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/heartbeat",
    gives=ClaimView,
    moderators=bootstrap.staff,
    raises=[CaseClosed, CaseTaken, ConcurrentChange, NoLease],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def heartbeat_review_handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Renew the lease; 409 if it was lost."""
    return heartbeat_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/release",
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[CaseClosed, ConcurrentChange, NoLease],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def release_review_handler(review_id: ReviewId, moderator: Moderator) -> ReviewSummary:
    """Return the case to the queue, undecided."""
    return release_review(
        review_id, moderator=moderator, reviews=bootstrap.reviews(), clock=bootstrap.CLOCK
    )


handler = routes(claim_review_handler, heartbeat_review_handler, release_review_handler)
