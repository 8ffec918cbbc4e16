"""A lead deletes another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.services.review import staff_accounts
from likeness.services.review.read_staff import read_staff

if TYPE_CHECKING:
    from likeness.api.review import StaffListView
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Staff
    from likeness.ports.runtime import Clock


def delete_staff(
    username: str, *, moderator: Moderator, staff: Staff, audit_log: AuditLog, clock: Clock
) -> StaffListView:
    member = staff_accounts.another(username, moderator, staff)
    staff_accounts.record(AuditAction.STAFF_DELETED, member, moderator, audit_log, clock)
    staff.delete(username)
    return read_staff(moderator=moderator, staff=staff, clock=clock)
