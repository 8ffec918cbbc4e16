"""A lead sees every account of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import StaffListView
from likeness.domain.review.staff import require_lead
from likeness.services.review import staff_accounts

if TYPE_CHECKING:
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Staff
    from likeness.ports.runtime import Clock


def read_staff(*, moderator: Moderator, staff: Staff, clock: Clock) -> StaffListView:
    require_lead(moderator)
    now = clock.now()
    return StaffListView(staff=tuple(staff_accounts.view(one, now) for one in staff.all()))
