"""POST /v1/reviews/holds/{job_id}/decision: confirm a hold, or return its job."""

from likeness import bootstrap
from likeness.api.holds import DecideHold, HoldView
from likeness.domain.errors import ConcurrentChange, HoldDecided, InProgress
from likeness.domain.ids import JobId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.decide_hold import decide_hold


@route(
    "POST",
    "/v1/reviews/holds/{job_id}/decision",
    takes=DecideHold,
    gives=HoldView,
    moderators=bootstrap.staff,
    raises=[ConcurrentChange, HoldDecided, InProgress],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(job_id: JobId, request: DecideHold, moderator: Moderator) -> HoldView:
    """Confirm that the photos are apparently illegal, or return the job to normal review."""
    return decide_hold(
        job_id,
        request,
        moderator=moderator,
        holds=bootstrap.holds(),
        files=bootstrap.hold_files(),
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        deletions=bootstrap.deletions(),
        deadlines=bootstrap.deadlines(),
        workflow=bootstrap.workflow(),
        clock=bootstrap.CLOCK,
        retain=bootstrap.settings().retain,
    )
