"""POST /v1/reviews/holds/{job_id}/reported: an authority has the report."""

from likeness import bootstrap
from likeness.api.holds import HoldView, ReportHold
from likeness.domain.errors import ConcurrentChange, HoldDecided
from likeness.domain.ids import JobId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route
from likeness.services.review.report_hold import report_hold


@route(
    "POST",
    "/v1/reviews/holds/{job_id}/reported",
    takes=ReportHold,
    gives=HoldView,
    moderators=bootstrap.staff,
    raises=[ConcurrentChange, HoldDecided],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(job_id: JobId, request: ReportHold, moderator: Moderator) -> HoldView:
    """Record that an authority has the report: the copies are retained from then on."""
    return report_hold(
        job_id,
        request,
        moderator=moderator,
        holds=bootstrap.holds(),
        files=bootstrap.hold_files(),
        clock=bootstrap.CLOCK,
        retain=bootstrap.settings().retain,
    )
