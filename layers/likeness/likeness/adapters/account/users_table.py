"""User profiles and erasures in the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, find_item, record
from likeness.adapters.dynamodb.queries import delete_partition, query_after
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, update, write_all
from likeness.domain.account.erasure import Erasure
from likeness.domain.account.quota import Day, QuotaEntry
from likeness.domain.account.user import Profile
from likeness.domain.errors import ConcurrentChange, Conflict, NotFound
from likeness.domain.moment import CLOCKS_DIFFER
from likeness.domain.paging import sortable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.account.quota import UserZone
    from likeness.domain.ids import ErasureId, JobId, UserHash, UserId
    from likeness.domain.jobs.catalogue import Plus
    from likeness.domain.reasons import Reason
    from likeness.domain.record import Record

PROFILE = 1  # the position in the transaction of begin()


class UsersTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def profile(self, user_id: UserId) -> Profile:
        return record(Profile, find_item(self._table, keys.profile(user_id)))

    def account(self, user_id: UserId, *, since: Day) -> tuple[Profile, list[QuotaEntry]]:
        """The query is consistent, as the two reads that it replaces: a job that was submitted or
        has ended is counted by the next request."""
        profile = keys.profile(user_id)
        found = query_after(
            self._table, pk=profile["pk"], after=keys.entries(since), last=profile["sk"]
        )
        items = {item["sk"]: item for item in found}
        stored = items.pop(profile["sk"], {})
        entries = (record(QuotaEntry, item) for item in items.values())
        return record(Profile, stored), sorted(entries, key=lambda entry: entry.reserved_at)

    def save_zone(self, user_id: UserId, zone: UserZone, *, seen: UserZone | None) -> None:
        values: dict[str, Any] = {":zone": _map(zone)}
        condition = "attribute_not_exists(#zone) OR #zone = :zone"
        if seen is not None:
            condition = "#zone = :seen OR #zone = :zone"
            values[":seen"] = _map(seen)
        with domain_errors():
            try:
                self._table.update_item(
                    Key=keys.profile(user_id),
                    UpdateExpression="SET #zone = :zone",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#zone": "zone"},
                    ExpressionAttributeValues=values,
                )
            except self._condition_failed as race:
                raise ConcurrentChange("the user's time zone was changed") from race

    def entitle(
        self, user_id: UserId, plus: Plus, *, user_hash: UserHash, now: datetime
    ) -> Plus | None:
        """Messages may arrive late and out of order: their order is stored too, as text that sorts.

        The latest effective time wins; of equal ones, the later expiry. A stored one of the future
        loses against any: an earlier release accepted it. The erasure is checked in the same
        transaction, so that a message which arrives during one is not stored after it.
        """
        effective = sortable(plus.effective_at)
        not_erased: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": keys.erased(user_hash),
                "ConditionExpression": "attribute_not_exists(#at) OR #at < :effective",
                "ExpressionAttributeNames": {"#at": "erased_at"},
                "ExpressionAttributeValues": {":effective": effective},
            }
        }
        entitled = update(
            self._table,
            keys.profile(user_id),
            "SET #plus = :plus, #order = :order",
            names={"#plus": "plus", "#order": "plus_order"},
            values={
                ":plus": _map(plus),
                ":order": f"{effective}#{sortable(plus.expires_at)}",
                ":future": f"{sortable(now + CLOCKS_DIFFER)}#~",
            },
            condition="attribute_not_exists(#order) OR #order < :order OR #order > :future",
        )
        try:
            write_all(self._table, not_erased, entitled)
        except ConditionsFailed as cancelled:
            if 0 in cancelled.failed:
                return None
            return self.profile(user_id).plus or plus
        return plus

    def remember_erasure(self, user_hash: UserHash, at: datetime) -> None:
        expiry = keys.expiry(at, keys.LEDGER_TTL)
        with domain_errors():
            self._table.put_item(
                Item={**keys.erased(user_hash), **expiry, "erased_at": sortable(at)}
            )

    def exonerate(self, user_id: UserId, photos: Mapping[str, frozenset[Reason]]) -> None:
        """The map is created first: DynamoDB sets no attribute within a map that does not exist."""
        if not photos:
            return
        names = {f"#s{n}": hmac for n, hmac in enumerate(photos)}
        with domain_errors():
            self._table.update_item(
                Key=keys.profile(user_id),
                UpdateExpression="SET #exonerated = if_not_exists(#exonerated, :none)",
                ExpressionAttributeNames={"#exonerated": "exonerated"},
                ExpressionAttributeValues={":none": {}},
            )
            self._table.update_item(
                Key=keys.profile(user_id),
                UpdateExpression="SET "
                + ", ".join(f"#exonerated.{alias} = :{alias[1:]}" for alias in names),
                ExpressionAttributeNames={"#exonerated": "exonerated", **names},
                ExpressionAttributeValues={
                    f":{alias[1:]}": sorted(photos[hmac]) for alias, hmac in names.items()
                },
            )

    def remove_open_jobs(self, user_id: UserId, jobs: Collection[JobId]) -> None:
        with domain_errors():
            self._table.update_item(
                Key=keys.profile(user_id),
                UpdateExpression="DELETE #open :jobs",
                ExpressionAttributeNames={"#open": "open_jobs"},
                ExpressionAttributeValues={":jobs": set[str](jobs)},
            )

    def delete(self, user_id: UserId) -> None:
        """The profile is deleted last: while it is there, nothing new is written about the user."""
        profile = keys.profile(user_id)
        delete_partition(self._table, pk=profile["pk"], last=profile["sk"])


class ErasuresTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._users = UsersTable(table)

    def begin(self, erasure: Erasure) -> Erasure:
        """Writes the erasure and marks the profile in one transaction."""
        if erasure.user_id is None:
            raise Conflict(f"erasure {erasure.erasure_id} is done")
        mark = update(
            self._table,
            keys.profile(erasure.user_id),
            "SET #erasing = :id",
            names={"#erasing": "erasing"},
            values={":id": erasure.erasure_id},
            condition="attribute_not_exists(#erasing)",
        )
        try:
            write_all(self._table, put(self._table, _item(erasure), NEW), mark)
        except ConditionsFailed as cancelled:
            running = self._users.profile(erasure.user_id).erasing
            if PROFILE not in cancelled.failed or running is None:
                raise ConcurrentChange(
                    "an erasure of the user has just ended: try again"
                ) from cancelled
            return self.get(running)
        return erasure

    def get(self, erasure_id: ErasureId) -> Erasure:
        item = find_item(self._table, keys.erasure(erasure_id))
        if not item:
            raise NotFound(f"there is no erasure {erasure_id}")
        return record(Erasure, {"user_id": None} | item)

    def save(self, erasure: Erasure) -> None:
        with domain_errors():
            self._table.put_item(Item=_item(erasure))


def _map(value: Record) -> Any:
    return json.loads(value.model_dump_json(exclude_none=True))


def _item(erasure: Erasure) -> dict[str, Any]:
    key: dict[str, Any] = dict(keys.erasure(erasure.erasure_id))
    return {**key, **keys.expiry(erasure.requested_at, keys.LEDGER_TTL), **_map(erasure)}
