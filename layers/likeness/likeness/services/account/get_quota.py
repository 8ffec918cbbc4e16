"""A user's quota for today: used, left, and when the next day begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.account.quota import UserZone, first_day
from likeness.domain.jobs.test_plan import TestPlan, counted_as, job_tier, quota_day
from likeness.presenters.account import quota_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.api.account import QuotaView
    from likeness.domain.ids import UserHash, UserId
    from likeness.domain.jobs.catalogue import Tier
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
    test: TestPlan | None = None,
) -> QuotaView:
    user_hash = keyed_hash.user(counted_as(user_id, test))
    return quota_of(
        user_id, user_hash, users=users, ledger=ledger, clock=clock, tiers=tiers, test=test
    )


def quota_of(
    user_id: UserId,
    user_hash: UserHash,
    *,
    users: Users,
    ledger: Ledger,
    clock: Clock,
    tiers: Mapping[str, Tier],
    test: TestPlan | None,
) -> QuotaView:
    """The time zone of a user without a job is UTC. For a `test` job: of the day in its plan.

    The limit is that of the tier now: Plus that begins in the middle of a day adds what its tier
    has more, and Plus that ends leaves no job if more were used than the other tier has.
    """
    now = clock.now()
    profile, entries = users.account(user_id, since=first_day(now))
    zone = profile.zone or UserZone.first("UTC", now, ledger.last_reserved(user_hash))
    today = quota_day(test, zone, now) or zone.today(now)
    return quota_view(
        profile,
        zone,
        today,
        job_tier(test, profile.plus, tiers, now),
        tiers,
        used=ledger.used(user_hash, today.day),
        entries=ledger.entries(user_id, today.day, test=True)
        if test
        else [entry for entry in entries if entry.day == today.day],
        now=now,
    )
