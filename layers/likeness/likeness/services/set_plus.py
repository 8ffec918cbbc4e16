"""Take over what billing says of a user, whenever and however often it says it."""

from likeness.api import PlusView, SetPlus
from likeness.domain.catalogue import Plus
from likeness.domain.ids import UserId
from likeness.ports import Clock, Users


def set_plus(user_id: UserId, request: SetPlus, *, users: Users, clock: Clock) -> PlusView:
    """The message with the newest effective time stands, whichever came first."""
    stands = users.entitle(user_id, Plus(**request.model_dump()))
    return PlusView(active=clock.now() < stands.expires_at, **stands.model_dump())
