"""A user's quota for today: used, left, and when the next day begins."""

from collections.abc import Mapping

from likeness.api.app import QuotaView
from likeness.domain.account.quota import UserZone
from likeness.domain.ids import UserId
from likeness.domain.jobs.catalogue import Tier, tier_of
from likeness.ports.account import KeyedHash, Ledger, Users
from likeness.ports.runtime import Clock
from likeness.presenters.account import quota_view


def get_quota(
    user_id: UserId,
    *,
    users: Users,
    ledger: Ledger,
    keyed_hash: KeyedHash,
    clock: Clock,
    tiers: Mapping[str, Tier],
) -> QuotaView:
    """The time zone of a user without a job is UTC."""
    now = clock.now()
    profile = users.profile(user_id)
    user_hash = keyed_hash.user(user_id)
    zone = profile.zone or UserZone.first("UTC", now, ledger.last_reserved(user_hash))
    tier = tier_of(profile.plus, tiers, now)
    day = zone.day(now)
    used = ledger.used(user_hash, day)
    return quota_view(zone, tier, used, ledger.entries(user_id, day), now)
