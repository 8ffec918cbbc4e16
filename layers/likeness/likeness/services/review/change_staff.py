"""A lead changes another account's access, or its time zone.

As for users, a new zone applies from the end of the moderator's day, and days never go back: a
change gives no second exposure budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.services.review import staff_accounts

if TYPE_CHECKING:
    from likeness.api.review import ChangeStaff, StaffView
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Staff
    from likeness.ports.runtime import Clock


def change_staff(
    username: str,
    request: ChangeStaff,
    *,
    moderator: Moderator,
    staff: Staff,
    audit_log: AuditLog,
    clock: Clock,
) -> StaffView:
    now = clock.now()
    seen = staff_accounts.another(username, moderator, staff)
    groups = staff_accounts.groups(moderator=request.moderator, lead=request.lead)
    member = seen.model_copy(
        update={
            "enabled": request.enabled,
            "groups": groups,
            "app_user_id": request.app_user_id,
            "zone": seen.zone.moved_to(request.time_zone, now) if request.time_zone else seen.zone,
        }
    )
    staff_accounts.record(AuditAction.STAFF_CHANGED, member, moderator, audit_log, clock)
    staff.save(member, seen=seen)
    return staff_accounts.view(staff_accounts.known(username, staff), now)
