"""Walk the audit log from its first entry to its last, and say whether it holds."""

from likeness.domain.review.audit import ChainHead, verify
from likeness.ports.review import AuditLog


def verify_audit(*, audit_log: AuditLog, noted: ChainHead | None = None) -> ChainHead:
    """Where the audit log ends. Broken where an entry was changed, taken out or put in.

    The end is read first: who acts meanwhile adds entries behind it, which are left to the next
    time. `noted` is an end that was written down before, outside of the table.
    """
    head = audit_log.head()
    entries = (entry for entry in audit_log.entries() if entry.number <= head.number)
    return verify(entries, head, noted=noted)
