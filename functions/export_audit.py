"""GET /v1/reviews/audit: a part of one chain of the audit log."""

from likeness import bootstrap
from likeness.api.review import AuditExportQuery, AuditExportView
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import route
from likeness.services.review.export_audit import export_audit


@route(
    "GET",
    "/v1/reviews/audit",
    query=AuditExportQuery,
    gives=AuditExportView,
    moderators=bootstrap.staff,
)
def handler(query: AuditExportQuery, moderator: Moderator) -> AuditExportView:
    """For leads: entries of one chain of the audit log, with its head."""
    return export_audit(
        query, moderator=moderator, audit_log=bootstrap.audit_log(), clock=bootstrap.CLOCK
    )
