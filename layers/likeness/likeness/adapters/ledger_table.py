"""The ledger of days: what holds "once a day" under retries, two tabs and crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters import keys
from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.items import NEW, Condition, at_version, fields, record
from likeness.adapters.jobs_table import job_item
from likeness.adapters.queries import query
from likeness.adapters.transactions import ConditionsFailed, put, write_all
from likeness.domain.errors import Conflict, NotFound, OverQuota
from likeness.domain.quota import Day, Entry, EntryState

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.ids import UserId
    from likeness.domain.job import Job
    from likeness.domain.reasons import Reason

JOB, DAY, ENTRY = range(3)  # the order of writes in the reservation
STILL_RESERVED: Condition = {
    "ConditionExpression": "#state = :reserved",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":reserved": EntryState.RESERVED.value},
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
        entry = Entry(job_id=job.job_id, day=day, state=EntryState.RESERVED, reserved_at=now)
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
        self, job: Job, state: EntryState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Entry and counter in one transaction, which only an entry still reserved lets through."""
        day = _day_of(job)
        entry = self._entry(job, day)
        if entry.state is not EntryState.RESERVED:
            return
        settled = entry.settle(state, now, reason)
        close = put(self._table, _entry_item(job, settled), STILL_RESERVED)
        writes = [close, self._give_back(job, day)] if state is EntryState.RETURNED else [close]
        try:
            write_all(self._table, *writes)
        except ConditionsFailed as cancelled:
            if 0 not in cancelled.failed:
                raise Conflict(f"the day {day} has an entry and was never taken") from cancelled
            # Somebody settled it between the read and the write: theirs stands.

    def entries(self, user_id: UserId, day: Day) -> list[Entry]:
        pk = keys.day(user_id, day)["pk"]
        items = query(self._table, pk=pk, begins_with=keys.entries(day))
        return sorted((record(Entry, item) for item in items), key=lambda entry: entry.reserved_at)

    def _take(self, job: Job, day: Day, limit: int, now: datetime) -> TransactWriteItemTypeDef:
        expiry = keys.expiry(now, keys.LEDGER_STAYS)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": keys.day(job.user_id, day),
                "UpdateExpression": "SET #ttl = :ttl ADD #used :one",
                "ConditionExpression": "attribute_not_exists(#used) OR #used < :limit",
                "ExpressionAttributeNames": {"#used": "used", "#ttl": "ttl"},
                "ExpressionAttributeValues": {":one": 1, ":limit": limit, ":ttl": expiry["ttl"]},
            }
        }

    def _give_back(self, job: Job, day: Day) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": keys.day(job.user_id, day),
                "UpdateExpression": "ADD #used :minus",
                "ConditionExpression": "#used > :none",
                "ExpressionAttributeNames": {"#used": "used"},
                "ExpressionAttributeValues": {":minus": -1, ":none": 0},
            }
        }

    def _entry(self, job: Job, day: Day) -> Entry:
        with domain_errors():
            answer = self._table.get_item(
                Key=keys.entry(job.user_id, day, job.job_id), ConsistentRead=True
            )
        if "Item" not in answer:
            raise NotFound(f"job {job.job_id} reserved nothing on {day}")
        return record(Entry, answer["Item"])


def _entry_item(job: Job, entry: Entry) -> dict[str, Any]:
    return (
        keys.entry(job.user_id, entry.day, job.job_id)
        | keys.expiry(entry.reserved_at, keys.LEDGER_STAYS)
        | fields(entry)
    )


def _day_of(job: Job) -> Day:
    if job.day is None:
        raise Conflict(f"job {job.job_id} takes no day")
    return job.day
