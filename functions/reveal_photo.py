"""POST /v1/reviews/{review_id}/reveal: one photo, clear or in grey."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.adapters.photos import pictures
from likeness.api.review import RevealedPhotoView, RevealPhoto
from likeness.domain.errors import CASE_CONFLICTS, ExposureUsed
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.reveal_photo import reveal_photo


@route(
    "POST",
    "/v1/reviews/{review_id}/reveal",
    takes=RevealPhoto,
    gives=RevealedPhotoView,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ExposureUsed],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(review_id: ReviewId, request: RevealPhoto, moderator: Moderator) -> RevealedPhotoView:
    """A URL of one clear photo, valid for a minute, or a grey copy. Counts against the budget."""
    return reveal_photo(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        desk_counters=bootstrap.desk_counters(),
        photos=bootstrap.photos(),
        previews=pictures,
        policy=policy_files.load_policy(),
        clock=bootstrap.CLOCK,
        budget=bootstrap.settings().exposure_budget,
    )
