"""What a moderator revealed on their day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.statistics import own_day
from likeness.presenters.review import exposure_view

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.api.review import ExposureView
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import DeskCounters


def own_exposure(
    moderator: Moderator, desk_counters: DeskCounters, now: datetime, budget: int
) -> ExposureView:
    seen = desk_counters.exposure(moderator.id, own_day(moderator, now))
    return exposure_view(seen, budget, moderator.today(now))
