"""What is remembered of a user: the zone of their first job, and Plus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters import keys
from likeness.adapters.aws_errors import domain_errors
from likeness.domain.catalogue import Plus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import UserId


class UsersTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def plus(self, user_id: UserId) -> Plus | None:
        found = self._profile(user_id).get("plus")
        return None if found is None else Plus.model_validate(found)

    def time_zone(self, user_id: UserId) -> str | None:
        return self._profile(user_id).get("time_zone")

    def fix_time_zone(self, user_id: UserId, time_zone: str) -> str:
        """One write, so that of two first jobs at once both get the same zone."""
        with domain_errors():
            answer = self._table.update_item(
                Key=keys.profile(user_id),
                UpdateExpression="SET #zone = if_not_exists(#zone, :zone)",
                ExpressionAttributeNames={"#zone": "time_zone"},
                ExpressionAttributeValues={":zone": time_zone},
                ReturnValues="ALL_NEW",
            )
        return str(answer["Attributes"]["time_zone"])

    def _profile(self, user_id: UserId) -> dict[str, Any]:
        with domain_errors():
            answer = self._table.get_item(Key=keys.profile(user_id), ConsistentRead=True)
        return answer.get("Item", {})
