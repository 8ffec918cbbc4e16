"""DELETE /v1/users/{user_id}: erase everything of a user."""

from http import HTTPStatus

from likeness.api.app import ErasureView
from likeness.bootstrap import app_backend
from likeness.domain.errors import Conflict
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route


@route(
    "DELETE",
    "/v1/users/{user_id}",
    gives=ErasureView,
    status=HTTPStatus.ACCEPTED,
    raises=[Conflict],
)
def handler(user_id: UserId) -> ErasureView:
    """Running jobs are cancelled, then all is deleted. GET the erasure for its receipt."""
    return app_backend.request_erasure(user_id)
