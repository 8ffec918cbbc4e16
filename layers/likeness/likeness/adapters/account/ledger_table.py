"""The ledger of days: what holds "once a day" under retries, two tabs and crashes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, Condition, at_version, fields, record
from likeness.adapters.dynamodb.queries import query
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, write_all
from likeness.adapters.jobs.jobs_table import job_item
from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay
from likeness.domain.errors import Conflict, NotFound, OverQuota
from likeness.domain.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.ids import UserHash, UserId
    from likeness.domain.reasons import Reason

JOB, DAY, ENTRY = range(3)  # the order of writes in the reservation
STILL_RESERVED: Condition = {
    "ConditionExpression": "#state = :reserved",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":reserved": QuotaState.RESERVED.value},
}
STILL_SPENT: Condition = {
    **STILL_RESERVED,
    "ExpressionAttributeValues": {":reserved": QuotaState.SPENT.value},
}


class LedgerTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        """Job, day and entry in one transaction.

        The user's key of that day is the guard and stays for good; no token that expires is
        trusted with it. A repeat for the same job and day finds its own entry and is content.
        """
        day = _day_of(job)
        if limit < 1:
            raise OverQuota(f"tier {job.tier} has no job a day")
        entry = QuotaEntry(job_id=job.job_id, day=day, state=QuotaState.RESERVED, reserved_at=now)
        try:
            write_all(
                self._table,
                put(self._table, job_item(job), at_version(job.version - 1)),
                self._take(job, day, limit, now),
                put(self._table, _entry_item(job, entry), NEW),
            )
        except ConditionsFailed as cancelled:
            if ENTRY in cancelled.failed:
                return
            if JOB in cancelled.failed:
                raise Conflict(
                    f"job {job.job_id} moved past version {job.version - 1}"
                ) from cancelled
            raise OverQuota(f"the day {day} is taken") from cancelled

    def settle(
        self, ended: Job, state: QuotaState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Job, entry and counter in one transaction: whoever ends the job settles its day.

        An answer may be lost on its way, and the same be asked again: it finds itself stored.
        """
        day = _day_of(ended)
        entry = self._entry(ended, day)
        if entry.state is not QuotaState.RESERVED and self._stored(ended):
            return
        settled = entry.settle(state, now, reason)
        writes = [
            put(self._table, job_item(ended), at_version(ended.version - 1)),
            put(self._table, _entry_item(ended, settled), STILL_RESERVED),
        ]
        if state is QuotaState.RETURNED:
            writes.append(self._give_back(ended, day))
        try:
            write_all(self._table, *writes)
        except ConditionsFailed as cancelled:
            if not self._stored(ended):
                raise Conflict(f"job {ended.job_id} moved meanwhile") from cancelled

    def used(self, user_hash: UserHash, day: Day) -> int:
        with domain_errors():
            answer = self._table.get_item(Key=keys.day(user_hash, day), ConsistentRead=True)
        return int(answer.get("Item", {}).get("used", 0))  # type: ignore[arg-type]  # a Decimal

    def last_reserved(self, user_hash: UserHash) -> ReservedDay | None:
        for item in query(self._table, pk=keys.days(user_hash), latest_first=True):
            if item["used"] > 0:
                return ReservedDay(day=item["sk"], ends_at=item["ends_at"])
        return None

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        """The entry is the guard, as with a reservation: it is changed or made once."""
        if day == job.day:
            entry = self._entry(job, day)
            if entry.state is not QuotaState.SPENT:
                return
            given = entry.model_copy(update={"state": QuotaState.RETURNED, "settled_at": now})
            guard = STILL_SPENT
        else:
            given = QuotaEntry(
                job_id=job.job_id,
                day=day,
                state=QuotaState.GRANTED,
                reserved_at=now,
                settled_at=now,
            )
            guard = NEW
        one_more: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table.name,
                "Key": keys.day(job.user_hash, day),
                "UpdateExpression": "SET #ttl = :ttl ADD #used :minus",
                "ExpressionAttributeNames": {"#used": "used", "#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":minus": -1,
                    ":ttl": keys.expiry(now, keys.LEDGER_TTL)["ttl"],
                },
            }
        }
        with suppress(ConditionsFailed):  # somebody gave it already: once is enough
            write_all(self._table, put(self._table, _entry_item(job, given), guard), one_more)

    def entries(self, user_id: UserId, day: Day) -> list[QuotaEntry]:
        pk = keys.profile(user_id)["pk"]
        items = query(self._table, pk=pk, begins_with=keys.entries(day))
        return sorted(
            (record(QuotaEntry, item) for item in items), key=lambda entry: entry.reserved_at
        )

    def _take(self, job: Job, day: Day, limit: int, now: datetime) -> TransactWriteItemTypeDef:
        expiry = keys.expiry(now, keys.LEDGER_TTL)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": keys.day(job.user_hash, day),
                "UpdateExpression": "SET #ttl = :ttl, #ends = :ends ADD #used :one",
                "ConditionExpression": "attribute_not_exists(#used) OR #used < :limit",
                "ExpressionAttributeNames": {"#used": "used", "#ttl": "ttl", "#ends": "ends_at"},
                "ExpressionAttributeValues": {
                    ":one": 1,
                    ":limit": limit,
                    ":ttl": expiry["ttl"],
                    ":ends": keys.sortable(_end_of_day(job)),
                },
            }
        }

    def _give_back(self, job: Job, day: Day) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": keys.day(job.user_hash, day),
                "UpdateExpression": "ADD #used :minus",
                "ConditionExpression": "attribute_exists(#used)",
                "ExpressionAttributeNames": {"#used": "used"},
                "ExpressionAttributeValues": {":minus": -1},
            }
        }

    def _stored(self, job: Job) -> bool:
        with domain_errors():
            answer = self._table.get_item(Key=keys.job(job.job_id), ConsistentRead=True)
        return "Item" in answer and record(Job, answer["Item"]) == job

    def _entry(self, job: Job, day: Day) -> QuotaEntry:
        with domain_errors():
            answer = self._table.get_item(
                Key=keys.entry(job.user_id, day, job.job_id), ConsistentRead=True
            )
        if "Item" not in answer:
            raise NotFound(f"job {job.job_id} reserved nothing on {day}")
        return record(QuotaEntry, answer["Item"])


def _entry_item(job: Job, entry: QuotaEntry) -> dict[str, Any]:
    return (
        keys.entry(job.user_id, entry.day, job.job_id)
        | keys.expiry(entry.reserved_at, keys.LEDGER_TTL)
        | fields(entry)
    )


def _day_of(job: Job) -> Day:
    if job.day is None:
        raise Conflict(f"job {job.job_id} takes no day")
    return job.day


def _end_of_day(job: Job) -> datetime:
    if job.day_ends_at is None:
        raise Conflict(f"job {job.job_id} takes no day")
    return job.day_ends_at
