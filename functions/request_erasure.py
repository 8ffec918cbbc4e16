"""DELETE /v1/users/{user_id}: erase everything of a user."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.app import ErasureView
from likeness.domain.errors import Conflict
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route
from likeness.services.account.request_erasure import request_erasure


@route(
    "DELETE",
    "/v1/users/{user_id}",
    gives=ErasureView,
    status=HTTPStatus.ACCEPTED,
    raises=[Conflict],
)
def handler(user_id: UserId) -> ErasureView:
    """Cancels running jobs, then deletes all data. GET the erasure for its receipt."""
    return request_erasure(
        user_id, erasures=bootstrap.erasures(), workflow=bootstrap.workflow(), clock=bootstrap.CLOCK
    )
