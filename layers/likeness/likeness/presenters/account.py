"""Views of a user's account: erasure and quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.account import ErasureView, QuotaEntryView, QuotaView, TierView
from likeness.domain.account.erasure import RETAINED, Erasure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from likeness.domain.account.quota import QuotaEntry, ReservedDay, UserZone
    from likeness.domain.account.user import Profile
    from likeness.domain.jobs.catalogue import Tier


def erasure_view(erasure: Erasure) -> ErasureView:
    return ErasureView(**erasure.model_dump(exclude={"user_id", "counted"}), retained=RETAINED)


def quota_view(
    profile: Profile,
    zone: UserZone,
    today: ReservedDay,
    tier: Tier,
    tiers: Mapping[str, Tier],
    *,
    used: int,
    entries: Iterable[QuotaEntry],
    now: datetime,
) -> QuotaView:
    """`zone`: the profile's, or the one of a user without a job."""
    limit = tier.jobs_a_day if tier.open else 0
    waits_until = zone.waits_until(now)
    return QuotaView(
        day=today.day,
        time_zone=zone.in_force(now),
        next_time_zone=zone.name if waits_until else None,
        next_time_zone_from=waits_until,
        time_zone_fixed_until=zone.fixed_until if profile.zone else None,
        tier=tier.tier,
        tiers=tuple(tier_view(one, tiers) for one in tiers.values()),
        plus_expires_at=profile.plus.expires_at
        if profile.plus and profile.plus.is_active(now)
        else None,
        limit=limit,
        used=max(0, used),  # below 0 if a lead granted one more job
        left=max(0, limit - used),
        next_day_begins_at=today.ends_at,
        entries=tuple(QuotaEntryView(**entry.model_dump(exclude={"day"})) for entry in entries),
    )


def tier_view(tier: Tier, tiers: Mapping[str, Tier]) -> TierView:
    return TierView(
        **tier.model_dump(exclude={"priority"}),
        reviewed_first=tier.priority > min(one.priority for one in tiers.values()),
    )
