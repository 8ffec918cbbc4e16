"""A user's quota for today: used, left, and when the next day begins."""

from collections.abc import Mapping

from likeness.api.app import QuotaView
from likeness.domain.account.quota import UserZone
from likeness.domain.ids import UserId
from likeness.domain.jobs.catalogue import Tier
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
    """The time zone of a user without a job is UTC.

    The limit is that of the tier now: Plus that begins in the middle of a day adds what its tier
    has more, and Plus that ends leaves no job if more were used than the other tier has.
    """
    now = clock.now()
    profile = users.profile(user_id)
    user_hash = keyed_hash.user(user_id)
    zone = profile.zone or UserZone.first("UTC", now, ledger.last_reserved(user_hash))
    day = zone.day(now)
    return quota_view(
        profile,
        zone,
        tiers,
        used=ledger.used(user_hash, day),
        entries=ledger.entries(user_id, day),
        now=now,
    )
