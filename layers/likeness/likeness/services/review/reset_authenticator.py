"""A lead lets a moderator set up another authenticator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.services.review import staff_accounts

if TYPE_CHECKING:
    from likeness.api.review import StaffView
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Staff
    from likeness.ports.runtime import Clock


def reset_authenticator(
    username: str, *, moderator: Moderator, staff: Staff, audit_log: AuditLog, clock: Clock
) -> StaffView:
    member = staff_accounts.another(username, moderator, staff)
    staff_accounts.record(AuditAction.AUTHENTICATOR_RESET, member, moderator, audit_log, clock)
    staff.reset_authenticator(username)
    return staff_accounts.view(member, clock.now())
