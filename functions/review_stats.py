"""GET /v1/reviews/stats: how the desk does."""

from likeness.api.review import StatsOf, StatsView
from likeness.bootstrap import moderators
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews/stats", query=StatsOf, gives=StatsView, moderators=True)
def handler(query: StatsOf, moderator: Moderator) -> StatsView:
    """What waits, how it was decided, how often two agree, and who saw how much."""
    return moderators.review_stats(query, moderator)
