"""A lead deletes another account."""

from likeness.api.review import StaffListView
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import Moderator
from likeness.ports.review import AuditLog, Staff
from likeness.ports.runtime import Clock
from likeness.services.review import staff_accounts
from likeness.services.review.read_staff import read_staff


def delete_staff(
    username: str, *, moderator: Moderator, staff: Staff, audit_log: AuditLog, clock: Clock
) -> StaffListView:
    member = staff_accounts.another(username, moderator, staff)
    staff_accounts.record(AuditAction.STAFF_DELETED, member, moderator, audit_log, clock)
    staff.delete(username)
    return read_staff(moderator=moderator, staff=staff, clock=clock)
