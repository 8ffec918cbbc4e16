"""Verify the hash chain of the whole audit log."""

from likeness.domain.review.audit import ChainHead, verify
from likeness.ports.review import AuditLog


def verify_audit(*, audit_log: AuditLog, noted: ChainHead | None = None) -> ChainHead:
    """Return the chain head. Raises BrokenChain if an entry was changed, removed or inserted.

    The head is read first: entries that are appended during the check are not checked. `noted` is
    an earlier head that was stored outside of the table.
    """
    head = audit_log.head()
    entries = (entry for entry in audit_log.entries() if entry.number <= head.number)
    return verify(entries, head, noted=noted)
