"""DELETE /v1/users/{user_id}: erase everything of a user."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.account import ErasureView
from likeness.domain.errors import ConcurrentChange
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route
from likeness.services.account.request_erasure import request_erasure


@route(
    "DELETE",
    "/v1/users/{user_id}",
    gives=ErasureView,
    status=HTTPStatus.ACCEPTED,
    raises=[ConcurrentChange],
)
def handler(user_id: UserId) -> ErasureView:
    """Erase a user: cancels running jobs, then deletes all data.

    Returns the erasure that runs already, if there is one. A keyed hash of the user with the used
    quota days remains for 400 days, so that an erasure gives no second job a day.
    """
    return request_erasure(
        user_id, erasures=bootstrap.erasures(), workflow=bootstrap.workflow(), clock=bootstrap.CLOCK
    )
