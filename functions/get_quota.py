"""GET /v1/users/{user_id}/quota: what is left of the user's day."""

from likeness.api.app import QuotaView
from likeness.bootstrap import app_backend
from likeness.domain.ids import UserId
from likeness.entrypoints.http import route


@route("GET", "/v1/users/{user_id}/quota", gives=QuotaView)
def handler(user_id: UserId) -> QuotaView:
    """What the user has used of the day, what is left, and when the next day begins."""
    return app_backend.get_quota(user_id)
