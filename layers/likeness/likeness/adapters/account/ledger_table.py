"""The ledger of quota days: enforces "once a day" under retries, concurrency and crashes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import (
    NEW,
    Condition,
    at_version,
    fields,
    find,
    find_item,
    get,
    record,
)
from likeness.adapters.dynamodb.queries import query
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, update, write_all
from likeness.adapters.jobs.jobs_table import job_item
from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay
from likeness.domain.errors import ConcurrentChange, Conflict, OverQuota
from likeness.domain.jobs.job import Job
from likeness.domain.paging import sortable

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import UserHash, UserId
    from likeness.domain.reasons import Reason

JOB, DAY, ENTRY = range(3)  # the order of writes in the reservation
STILL_SPENT: Condition = {
    "ConditionExpression": "#state = :spent",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":spent": QuotaState.SPENT.value},
}


class LedgerTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        """Writes job, day and entry in one transaction.

        The entry's key prevents a second reservation; it does not expire as an idempotency token
        would. A repeated call for the same job and day finds the entry and returns.
        """
        reserved = _day_of(job)
        day = reserved.day
        if limit < 1:
            raise OverQuota(f"tier {job.tier} has no job a day")
        entry = QuotaEntry(job_id=job.job_id, day=day, state=QuotaState.RESERVED, reserved_at=now)
        one_more = update(
            self._table,
            keys.day(job.user_hash, day),
            "SET #ttl = :ttl, #ends = :ends ADD #used :one",
            names={"#used": "used", "#ttl": "ttl", "#ends": "ends_at"},
            values={
                ":one": 1,
                ":limit": limit,
                ":ttl": keys.expiry(now, keys.LEDGER_TTL)["ttl"],
                ":ends": sortable(reserved.ends_at),
            },
            condition="attribute_not_exists(#used) OR #used < :limit",
        )
        try:
            write_all(
                self._table,
                put(self._table, job_item(job), at_version(job.version - 1)),
                one_more,
                put(self._table, _entry_item(job, entry), NEW),
            )
        except ConditionsFailed as cancelled:
            if ENTRY in cancelled.failed:
                return
            if JOB in cancelled.failed:
                raise ConcurrentChange(
                    f"job {job.job_id} is past version {job.version - 1}"
                ) from cancelled
            raise OverQuota(f"the day {day} is used up") from cancelled

    def settle(
        self, ended: Job, state: QuotaState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Writes job, entry and counter in one transaction.

        The entry needs no condition: every transaction that settles a reserved entry also writes
        the job's next version, so the job's condition covers it. Repeated after a lost response,
        it finds its own write.
        """
        day = _day_of(ended).day
        entry = self._entry(ended, day)
        if entry.state is not QuotaState.RESERVED and self._stored(ended):
            return
        settled = entry.settle(state, now, reason)
        writes = [
            put(self._table, job_item(ended), at_version(ended.version - 1)),
            put(self._table, _entry_item(ended, settled)),
        ]
        if state is QuotaState.RETURNED:
            writes.append(
                update(
                    self._table,
                    keys.day(ended.user_hash, day),
                    "ADD #used :minus",
                    names={"#used": "used"},
                    values={":minus": -1},
                    condition="attribute_exists(#used)",
                )
            )
        try:
            write_all(self._table, *writes)
        except ConditionsFailed as cancelled:
            if not self._stored(ended):
                raise ConcurrentChange(f"job {ended.job_id} was changed") from cancelled

    def used(self, user_hash: UserHash, day: Day) -> int:
        return int(find_item(self._table, keys.day(user_hash, day)).get("used", 0))

    def last_reserved(self, user_hash: UserHash) -> ReservedDay | None:
        for item in query(self._table, pk=keys.days(user_hash), latest_first=True):
            if item["used"] > 0:
                return ReservedDay(day=item["sk"], ends_at=item["ends_at"])
        return None

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        """As with a reservation, the entry is changed or created once."""
        if day == job.day:
            entry = self._entry(job, day)
            if entry.state is not QuotaState.SPENT:
                return
            granted = entry.model_copy(update={"state": QuotaState.RETURNED, "settled_at": now})
            condition = STILL_SPENT
        else:
            granted = QuotaEntry(
                job_id=job.job_id,
                day=day,
                state=QuotaState.GRANTED,
                reserved_at=now,
                settled_at=now,
            )
            condition = NEW
        one_more = update(
            self._table,
            keys.day(job.user_hash, day),
            "SET #ttl = :ttl ADD #used :minus",
            names={"#used": "used", "#ttl": "ttl"},
            values={":minus": -1, ":ttl": keys.expiry(now, keys.LEDGER_TTL)["ttl"]},
        )
        with suppress(ConditionsFailed):  # it was granted before
            write_all(self._table, put(self._table, _entry_item(job, granted), condition), one_more)

    def entries(self, user_id: UserId, day: Day, *, test: bool = False) -> list[QuotaEntry]:
        pk = keys.profile(user_id)["pk"]
        items = query(self._table, pk=pk, begins_with=keys.entries(day, test=test))
        return sorted(
            (record(QuotaEntry, item) for item in items), key=lambda entry: entry.reserved_at
        )

    def _stored(self, job: Job) -> bool:
        return find(Job, self._table, keys.job(job.job_id)) == job

    def _entry(self, job: Job, day: Day) -> QuotaEntry:
        key = keys.entry(job, day)
        return get(
            QuotaEntry, self._table, key, absent=f"job {job.job_id} reserved nothing on {day}"
        )


def _entry_item(job: Job, entry: QuotaEntry) -> dict[str, Any]:
    return (
        keys.entry(job, entry.day) | keys.expiry(entry.reserved_at, keys.LEDGER_TTL) | fields(entry)
    )


def _day_of(job: Job) -> ReservedDay:
    if job.day is None or job.day_ends_at is None:
        raise Conflict(f"job {job.job_id} has no quota day")
    return ReservedDay(day=job.day, ends_at=job.day_ends_at)
