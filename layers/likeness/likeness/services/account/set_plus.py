"""Take over what billing says of a user, whenever and however often it says it."""

from likeness.api.app import PlusView, SetPlus
from likeness.domain.ids import UserId
from likeness.domain.jobs.catalogue import Plus
from likeness.ports.account import Users
from likeness.ports.runtime import Clock


def set_plus(user_id: UserId, request: SetPlus, *, users: Users, clock: Clock) -> PlusView:
    """The message with the newest effective time stands, whichever came first."""
    stands = users.entitle(user_id, Plus(**request.model_dump()))
    return PlusView(active=clock.now() < stands.expires_at, **stands.model_dump())
