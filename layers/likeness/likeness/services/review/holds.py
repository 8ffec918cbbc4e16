"""Read a hold for a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.domain.review.case import Moderator
    from likeness.domain.review.hold import Hold
    from likeness.ports.holds import Holds


def hold_for(job_id: JobId, moderator: Moderator, holds: Holds) -> Hold:
    """Raises NotFound if there is none, Forbidden if this moderator may not decide about it."""
    hold = holds.get(job_id)
    if hold is None:
        raise NotFound(f"there is no hold of job {job_id}")
    hold.require_lead(moderator)
    return hold
