"""A user's day: what was used, what is left, when the next one begins."""

from collections.abc import Iterable, Mapping

from likeness.api import QuotaView
from likeness.domain.catalogue import Tier, tier_of
from likeness.domain.ids import UserId
from likeness.domain.quota import Entry, EntryState, day_of, next_day_begins
from likeness.ports import Clock, Ledger, Users


def get_quota(
    user_id: UserId, *, users: Users, ledger: Ledger, clock: Clock, tiers: Mapping[str, Tier]
) -> QuotaView:
    """A user who never had a job is shown in UTC."""
    now = clock.now()
    time_zone = users.time_zone(user_id) or "UTC"
    day = day_of(now, time_zone)
    entries = ledger.entries(user_id, day)
    limit = tier_of(users.plus(user_id), tiers, now).jobs_a_day
    return QuotaView(
        day=day,
        limit=limit,
        used=used(entries),
        left=max(0, limit - used(entries)),
        next_day_begins_at=next_day_begins(now, time_zone),
    )


def used(entries: Iterable[Entry]) -> int:
    return sum(entry.state is not EntryState.RETURNED for entry in entries)
