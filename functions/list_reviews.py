"""GET /v1/reviews: the moderators' queue."""

from likeness.api import Page, ReviewsView
from likeness.bootstrap import moderators
from likeness.entrypoints.http import route


@route("GET", "/v1/reviews", query=Page, gives=ReviewsView, moderators=True)
def handler(query: Page, moderator: str) -> ReviewsView:
    """Reviews that wait for a decision, the next to expire first."""
    return moderators.list_reviews(query)
