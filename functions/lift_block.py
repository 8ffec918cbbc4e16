"""POST /v1/reviews/holds/{job_id}/unblock: the user may open jobs again."""

from likeness import bootstrap
from likeness.api.holds import HoldView
from likeness.domain.errors import ConcurrentChange, HoldDecided
from likeness.domain.ids import JobId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.lift_block import lift_block


@route(
    "POST",
    "/v1/reviews/holds/{job_id}/unblock",
    gives=HoldView,
    moderators=bootstrap.staff,
    raises=[ConcurrentChange, HoldDecided],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(job_id: JobId, moderator: Moderator) -> HoldView:
    """Let the user of a confirmed hold open jobs again."""
    return lift_block(job_id, moderator=moderator, holds=bootstrap.holds(), clock=bootstrap.CLOCK)
