"""Reads of the review desk: queue, statistics, audit log. Changes nothing."""

from likeness import bootstrap
from likeness.api.app import PageQuery
from likeness.api.review import AuditView, ReviewsView, StatsQuery, StatsView
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route, routes
from likeness.services.review.list_reviews import list_reviews
from likeness.services.review.read_audit import read_audit
from likeness.services.review.review_stats import review_stats


@route("GET", "/v1/reviews", query=PageQuery, gives=ReviewsView, moderators=bootstrap.staff)
def list_reviews_handler(query: PageQuery, moderator: Moderator) -> ReviewsView:
    """Reviews that the caller may work on: most severe first, then the next to expire."""
    return list_reviews(
        query,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        desk_counters=bootstrap.desk_counters(),
        clock=bootstrap.CLOCK,
        budget=bootstrap.settings().exposure_budget,
    )


@route("GET", "/v1/reviews/stats", query=StatsQuery, gives=StatsView, moderators=bootstrap.staff)
def review_stats_handler(query: StatsQuery, moderator: Moderator) -> StatsView:
    """Backlog, decisions, how often two moderators agree, and pictures seen per moderator."""
    return review_stats(
        query,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        desk_counters=bootstrap.desk_counters(),
        clock=bootstrap.CLOCK,
        budget=bootstrap.settings().exposure_budget,
    )


@route("GET", "/v1/reviews/{review_id}/audit", gives=AuditView, moderators=bootstrap.staff)
def read_audit_handler(review_id: ReviewId, moderator: Moderator) -> AuditView:
    """The case's entries in the audit log, oldest first."""
    return read_audit(
        review_id, moderator=moderator, reviews=bootstrap.reviews(), audit_log=bootstrap.audit_log()
    )


handler = routes(list_reviews_handler, review_stats_handler, read_audit_handler)
