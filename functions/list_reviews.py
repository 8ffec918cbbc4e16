"""GET /v1/reviews: the moderators' queue."""

from likeness.api.app import Page
from likeness.api.review import ReviewsView
from likeness.bootstrap import moderators
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews", query=Page, gives=ReviewsView, moderators=True)
def handler(query: Page, moderator: Moderator) -> ReviewsView:
    """Reviews that you may work, the most severe first, then the next to expire."""
    return moderators.list_reviews(query, moderator)
