"""Export of one chain of the audit log in parts, with its head."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from likeness.api.review import AuditExportQuery, AuditExportView, ChainHeadView, ExportedEntry
from likeness.domain.errors import Forbidden
from likeness.domain.review.audit import AuditAction, AuditEvent

if TYPE_CHECKING:
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog
    from likeness.ports.runtime import Clock


def export_audit(
    query: AuditExportQuery, *, moderator: Moderator, audit_log: AuditLog, clock: Clock
) -> AuditExportView:
    """For leads. The export itself is an audit event, which is stored before anything is read."""
    if not moderator.lead:
        raise Forbidden("only leads export the audit log")
    audit_log.append(
        AuditEvent(
            at=clock.now(),
            actor=moderator.id,
            action=AuditAction.EXPORTED,
            details={"chain": str(query.chain), "after": str(query.after)},
        )
    )
    head = audit_log.heads()[query.chain]
    entries = islice(audit_log.entries(query.chain, after=query.after), query.limit)
    return AuditExportView(
        entries=tuple(
            ExportedEntry(**entry.model_dump()) for entry in entries if entry.number <= head.number
        ),
        head=ChainHeadView(**head.model_dump()),
    )
