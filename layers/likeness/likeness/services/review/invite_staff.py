"""A lead creates an account; the pool mails its temporary password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.account.quota import UserZone
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.staff import StaffMember, StaffStatus, require_lead
from likeness.services.review import staff_accounts

if TYPE_CHECKING:
    from likeness.api.review import InviteStaff, StaffView
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Staff
    from likeness.ports.runtime import Clock


def invite_staff(
    request: InviteStaff,
    *,
    moderator: Moderator,
    staff: Staff,
    audit_log: AuditLog,
    clock: Clock,
) -> StaffView:
    """Inviting a person again who has not signed in yet mails another password."""
    require_lead(moderator)
    now = clock.now()
    known = staff.find(request.username)  # if it was invited before
    zone = known.zone if known else UserZone.first(request.time_zone, now)
    member = StaffMember(
        username=request.username,
        id="",
        enabled=True,
        groups=staff_accounts.groups(moderator=True, lead=request.lead),
        email=request.email,
        app_user_id=request.app_user_id,
        zone=zone.moved_to(request.time_zone, now),
        status=StaffStatus.INVITED,
    )
    staff_accounts.record(AuditAction.STAFF_INVITED, member, moderator, audit_log, clock)
    staff.invite(member)
    return staff_accounts.view(staff_accounts.known(request.username, staff), now)
