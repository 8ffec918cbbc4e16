"""GET /v1/reviews/holds/{job_id}/report: what a report to an authority needs."""

from likeness import bootstrap
from likeness.api.holds import ReportView
from likeness.domain.errors import HoldDecided
from likeness.domain.ids import JobId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route
from likeness.services.review.export_report import export_report


@route(
    "GET",
    "/v1/reviews/holds/{job_id}/report",
    gives=ReportView,
    moderators=bootstrap.staff,
    raises=[HoldDecided],
)
def handler(job_id: JobId, moderator: Moderator) -> ReportView:
    """Export what a report to an authority needs, without pictures. Each export is audited."""
    return export_report(
        job_id,
        moderator=moderator,
        holds=bootstrap.holds(),
        audit_log=bootstrap.audit_log(),
        clock=bootstrap.CLOCK,
    )
