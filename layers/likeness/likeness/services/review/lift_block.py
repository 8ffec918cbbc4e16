"""A lead lets the user of a confirmed hold open jobs again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import AuditAction
from likeness.domain.review.hold import about_hold
from likeness.presenters.holds import hold_view
from likeness.services.review.holds import hold_for

if TYPE_CHECKING:
    from likeness.api.holds import HoldView
    from likeness.domain.ids import JobId
    from likeness.domain.review.case import Moderator
    from likeness.ports.holds import Holds
    from likeness.ports.runtime import Clock


def lift_block(job_id: JobId, *, moderator: Moderator, holds: Holds, clock: Clock) -> HoldView:
    """Idempotent. The copies and their retention stay."""
    hold = hold_for(job_id, moderator, holds)
    if hold.blocked:
        hold = hold.lift_block()
        event = about_hold(hold, AuditAction.BLOCK_LIFTED, clock.now(), actor=moderator.id)
        holds.save(hold, event)
    return hold_view(hold)
