"""Walk the audit trail from its first entry to its last, and say whether it holds."""

from likeness.domain.audit import Head, verify
from likeness.ports import Trail


def verify_audit(*, trail: Trail, noted: Head | None = None) -> Head:
    """Where the trail ends. Broken where an entry was changed, taken out or put in.

    The end is read first: who acts meanwhile adds entries behind it, which are left to the next
    time. `noted` is an end that was written down before, outside of the table.
    """
    head = trail.head()
    entries = (entry for entry in trail.entries() if entry.number <= head.number)
    return verify(entries, head, noted=noted)
