"""One hold, with blurred grey previews while it waits for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.presenters.holds import hold_view
from likeness.services.review.holds import hold_for

if TYPE_CHECKING:
    from likeness.api.holds import HoldView
    from likeness.domain.ids import JobId
    from likeness.domain.review.case import Moderator
    from likeness.ports.holds import Holds


def read_hold(job_id: JobId, *, moderator: Moderator, holds: Holds) -> HoldView:
    """No operation shows a clear picture of a held job."""
    return hold_view(hold_for(job_id, moderator, holds))
