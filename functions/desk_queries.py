"""Reads of the review desk: queue, statistics, audit log. Changes nothing."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.api.message import PageQuery
from likeness.api.review import (
    AnchorsView,
    AuditView,
    DecidedQuery,
    DecidedReviewsView,
    GuidelinesView,
    QueueQuery,
    ReviewsView,
    StatsQuery,
    StatsView,
    TransparencyQuery,
    TransparencyView,
)
from likeness.domain.errors import CaseTaken
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route, routes
from likeness.services.review.list_anchors import list_anchors
from likeness.services.review.list_decided import list_decided
from likeness.services.review.list_reviews import list_reviews
from likeness.services.review.read_audit import read_audit
from likeness.services.review.read_guidelines import read_guidelines
from likeness.services.review.review_stats import review_stats
from likeness.services.review.transparency_report import transparency_report


@route("GET", "/v1/reviews", query=QueueQuery, gives=ReviewsView, moderators=bootstrap.staff)
def list_reviews_handler(query: QueueQuery, moderator: Moderator) -> ReviewsView:
    """Reviews that the caller may work on: urgent ones first, then the most severe."""
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


@route(
    "GET",
    "/v1/reviews/{review_id}/audit",
    gives=AuditView,
    moderators=bootstrap.staff,
    raises=[CaseTaken],
)
def read_audit_handler(review_id: ReviewId, moderator: Moderator) -> AuditView:
    """The case's entries in the audit log, oldest first."""
    return read_audit(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )


@route(
    "GET",
    "/v1/reviews/audit/anchors",
    query=PageQuery,
    gives=AnchorsView,
    moderators=bootstrap.staff,
)
def list_anchors_handler(query: PageQuery, moderator: Moderator) -> AnchorsView:
    """For leads: the signed anchors of the audit log, and the heads of its chains."""
    return list_anchors(query, moderator=moderator, audit_log=bootstrap.audit_log())


@route("GET", "/v1/reviews/guidelines", gives=GuidelinesView, moderators=bootstrap.staff)
def read_guidelines_handler(moderator: Moderator) -> GuidelinesView:  # noqa: ARG001
    """The rule behind each reason code that you may use, in full."""
    return read_guidelines(
        guidelines=policy_files.load_guidelines(), policy=policy_files.load_policy()
    )


@route(
    "GET",
    "/v1/reviews/decided",
    query=DecidedQuery,
    gives=DecidedReviewsView,
    moderators=bootstrap.staff,
)
def list_decided_handler(query: DecidedQuery, moderator: Moderator) -> DecidedReviewsView:
    """For leads: the cases that were decided on one day, and the disagreements."""
    return list_decided(
        query, moderator=moderator, reviews=bootstrap.reviews(), clock=bootstrap.CLOCK
    )


@route(
    "GET",
    "/v1/reviews/transparency",
    query=TransparencyQuery,
    gives=TransparencyView,
    moderators=bootstrap.staff,
)
def transparency_report_handler(query: TransparencyQuery, moderator: Moderator) -> TransparencyView:
    """For leads: figures for a transparency report (DSA, Articles 15 and 24)."""
    return transparency_report(
        query,
        moderator=moderator,
        desk_counters=bootstrap.desk_counters(),
        reasons=policy_files.load_reasons(),
    )


handler = routes(
    read_guidelines_handler,
    list_reviews_handler,
    review_stats_handler,
    read_audit_handler,
    list_anchors_handler,
    list_decided_handler,
    transparency_report_handler,
)
