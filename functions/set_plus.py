"""PUT /v1/users/{user_id}/plus: what billing says of a user."""

from likeness.api.app import PlusView, SetPlus
from likeness.bootstrap import app_backend
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route


@route("PUT", "/v1/users/{user_id}/plus", takes=SetPlus, gives=PlusView)
def handler(user_id: UserId, request: SetPlus) -> PlusView:
    """Safe to send twice, late and in any order: the newest effective time stands."""
    return app_backend.set_plus(user_id, request)
