"""What the use cases of the desk's accounts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import StaffView
from likeness.domain.errors import NotFound
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.staff import (
    LEADS,
    MODERATORS,
    StaffMember,
    require_another,
    require_lead,
)

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.review.case import Moderator
    from likeness.ports.review import AuditLog, Staff
    from likeness.ports.runtime import Clock


def another(username: str, moderator: Moderator, staff: Staff) -> StaffMember:
    """The account that a lead wants to change. Raises Forbidden, NotFound or OwnAccount."""
    require_lead(moderator)
    member = known(username, staff)
    require_another(moderator, member)
    return member


def known(username: str, staff: Staff) -> StaffMember:
    member = staff.find(username)
    if member is None:
        raise NotFound("there is no account of that name")
    return member


def groups(*, moderator: bool, lead: bool) -> frozenset[str]:
    return frozenset({MODERATORS} if moderator else ()) | frozenset({LEADS} if lead else ())


def record(
    action: AuditAction,
    member: StaffMember,
    moderator: Moderator,
    audit_log: AuditLog,
    clock: Clock,
) -> None:
    """Called before the change, which is in another service: no change is without its event."""
    audit_log.append(
        AuditEvent(
            at=clock.now(),
            actor=moderator.id,
            action=action,
            details={
                "account": member.username,
                "enabled": str(member.enabled).lower(),
                "groups": " ".join(sorted(member.groups)),
                "time_zone": member.zone.name,
            },
        )
    )


def view(member: StaffMember, now: datetime) -> StaffView:
    return StaffView(
        username=member.username,
        moderator_id=member.id,
        status=member.status,
        moderator=MODERATORS in member.groups,
        lead=member.lead,
        email=member.email,
        app_user_id=member.app_user_id,
        time_zone=member.zone.name,
        time_zone_from=member.zone.waits_until(now),
        created_at=member.created_at,
    )
