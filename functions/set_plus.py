"""PUT /v1/users/{user_id}/plus: set a user's Plus entitlement, reported by billing."""

from likeness import bootstrap
from likeness.api.account import PlusView, SetPlus
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route
from likeness.services.account.set_plus import set_plus


@route("PUT", "/v1/users/{user_id}/plus", takes=SetPlus, gives=PlusView)
def handler(user_id: UserId, request: SetPlus) -> PlusView:
    """Set a user's Plus entitlement, as billing decided.

    Safe to repeat, late and in any order: the newest effective time wins. A decision of before the
    user's erasure stores nothing.
    """
    return set_plus(
        user_id,
        request,
        users=bootstrap.users(),
        keyed_hash=bootstrap.keyed_hash(),
        clock=bootstrap.CLOCK,
    )
