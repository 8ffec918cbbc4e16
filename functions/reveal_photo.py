"""POST /v1/reviews/{review_id}/reveal: one clear photo."""

from likeness import bootstrap
from likeness.api.review import ClearPhotoView, RevealPhoto
from likeness.domain.errors import CaseClosed, ConcurrentChange, ExposureUsed, NoLease
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.reveal_photo import reveal_photo


@route(
    "POST",
    "/v1/reviews/{review_id}/reveal",
    takes=RevealPhoto,
    gives=ClearPhotoView,
    moderators=bootstrap.staff,
    raises=[CaseClosed, ConcurrentChange, ExposureUsed, NoLease],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(review_id: ReviewId, request: RevealPhoto, moderator: Moderator) -> ClearPhotoView:
    """A URL of one clear photo, valid for a minute. Counts against the day's budget."""
    return reveal_photo(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        desk_counters=bootstrap.desk_counters(),
        photos=bootstrap.photos(),
        clock=bootstrap.CLOCK,
        budget=bootstrap.settings().exposure_budget,
    )
