"""Views of a user's account: erasure and quota."""

from collections.abc import Iterable

from likeness.api.app import ErasureView, QuotaEntryView, QuotaView
from likeness.domain.account.erasure import RETAINED, Erasure
from likeness.domain.account.quota import QuotaEntry, ReservedDay, UserZone
from likeness.domain.jobs.catalogue import Tier


def erasure_view(erasure: Erasure) -> ErasureView:
    return ErasureView(**erasure.model_dump(exclude={"user_id"}), retained=RETAINED)


def quota_view(
    zone: UserZone, today: ReservedDay, tier: Tier, used: int, entries: Iterable[QuotaEntry]
) -> QuotaView:
    limit = tier.jobs_a_day if tier.open else 0
    return QuotaView(
        day=today.day,
        time_zone=zone.name,
        tier=tier.tier,
        limit=limit,
        used=max(0, used),  # below 0 if a lead granted one more job
        left=max(0, limit - used),
        next_day_begins_at=today.ends_at,
        entries=tuple(QuotaEntryView(**entry.model_dump(exclude={"day"})) for entry in entries),
    )
