"""A user's day: what was used, what is left, when the next one begins, and why."""

from collections.abc import Mapping

from likeness.api.app import EntryView, QuotaView
from likeness.domain.account.quota import UserZone
from likeness.domain.ids import UserId
from likeness.domain.jobs.catalogue import Tier, tier_of
from likeness.ports.account import KeyedHash, Ledger, Users
from likeness.ports.runtime import Clock


def get_quota(
    user_id: UserId,
    *,
    users: Users,
    ledger: Ledger,
    keyed_hash: KeyedHash,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> QuotaView:
    """A user who never had a job is shown in UTC."""
    now = clock.now()
    profile = users.profile(user_id)
    user_hash = keyed_hash.user(user_id)
    zone = profile.zone or UserZone.first("UTC", now, ledger.last_reserved(user_hash))
    tier = tier_of(profile.plus, tiers, now)
    day = zone.day(now)
    used = ledger.used(user_hash, day)
    limit = tier.jobs_a_day if tier.open else 0
    return QuotaView(
        day=day,
        time_zone=zone.name,
        tier=tier.tier,
        limit=limit,
        used=max(0, used),  # below nought: a job more was granted
        left=max(0, limit - used),
        next_day_begins_at=zone.next_day_begins(now),
        entries=tuple(
            EntryView(
                job_id=entry.job_id,
                state=entry.state,
                reason=entry.reason,
                reserved_at=entry.reserved_at,
                settled_at=entry.settled_at,
            )
            for entry in ledger.entries(user_id, day)
        ),
    )
