"""Set a user's Plus entitlement. Messages from billing may be repeated and reordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.account import PlusView, SetPlus
from likeness.domain.errors import Invalid
from likeness.domain.jobs.catalogue import Plus

if TYPE_CHECKING:
    from likeness.domain.ids import UserId
    from likeness.ports.account import KeyedHash, Users
    from likeness.ports.runtime import Clock


def set_plus(
    user_id: UserId, request: SetPlus, *, users: Users, keyed_hash: KeyedHash, clock: Clock
) -> PlusView:
    """The message with the latest effective time is in force, in any order of arrival.

    After an erasure, a message that was decided before it stores nothing. One that was decided
    after it is of a user who uses the id again, and is stored.
    """
    now = clock.now()
    plus = Plus(**request.model_dump())
    if not plus.is_decided(now):
        raise Invalid(
            "effective_at is in the future: send when billing decided this",
            field="/body/effective_at",
        )
    stored = users.entitle(user_id, plus, user_hash=keyed_hash.user(user_id), now=now)
    in_force = stored or plus
    return PlusView(
        active=stored is not None and stored.is_active(now),
        erased=stored is None,
        **in_force.model_dump(),
    )
