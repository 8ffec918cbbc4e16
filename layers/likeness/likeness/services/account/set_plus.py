"""Set a user's Plus entitlement. Messages from billing may be repeated and reordered."""

from likeness.api.app import PlusView, SetPlus
from likeness.domain.ids import UserId
from likeness.domain.jobs.catalogue import Plus
from likeness.ports.account import Users
from likeness.ports.runtime import Clock


def set_plus(user_id: UserId, request: SetPlus, *, users: Users, clock: Clock) -> PlusView:
    """The message with the latest effective time is in force, in any order of arrival."""
    entitlement = users.entitle(user_id, Plus(**request.model_dump()))
    return PlusView(active=clock.now() < entitlement.expires_at, **entitlement.model_dump())
