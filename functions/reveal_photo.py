"""POST /v1/reviews/{review_id}/reveal: one photo as it is."""

from likeness.api.review import Reveal, Revealed
from likeness.bootstrap import moderators
from likeness.domain.errors import Conflict, OverQuota
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import Repeats, route


@route(
    "POST",
    "/v1/reviews/{review_id}/reveal",
    takes=Reveal,
    gives=Revealed,
    moderators=True,
    raises=[Conflict, OverQuota],
    repeats=Repeats.DONE_AGAIN,
)
def handler(review_id: ReviewId, request: Reveal, moderator: Moderator) -> Revealed:
    """A link to one clear photo, for a minute. Counted against the day's budget."""
    return moderators.reveal_photo(review_id, request, moderator)
