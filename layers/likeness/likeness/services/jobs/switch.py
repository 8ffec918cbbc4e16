"""Change what operators switch, and record who did it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.domain.jobs.operating_state import Change, Switches
from likeness.domain.review.audit import AuditAction, AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from likeness.ports.jobs import OperatingState
    from likeness.ports.runtime import Clock


def switch(
    changed: Callable[[Switches], Mapping[str, Any]],
    *,
    by: str,
    why: str,
    state: OperatingState,
    clock: Clock,
) -> Switches:
    """`changed` returns the fields to change. Raises Conflict if another operator came first."""
    before = state.switches()
    last = Change(at=clock.now(), by=by, why=why.strip())
    fields = changed(before)
    after = before.change(**fields, last=last)
    shown = after.model_dump_json(include=set(fields))
    audit_event = AuditEvent(
        at=last.at, actor=by, action=AuditAction.SWITCHED, details={"set": shown, "why": last.why}
    )
    state.change(after, audit_event)
    return after
