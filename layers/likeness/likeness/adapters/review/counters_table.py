"""Counters of the review desk in the table."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import find, find_item, record
from likeness.adapters.dynamodb.queries import batch_get, query
from likeness.adapters.dynamodb.transactions import ConditionsFailed, update
from likeness.adapters.review.audit_table import append
from likeness.domain.errors import ExposureUsed
from likeness.domain.review.statistics import ALL, DeskDay, Exposure, desk_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.domain.account.quota import ReservedDay
    from likeness.domain.ids import PhotoId, ReviewId
    from likeness.domain.review.audit import AuditEvent


class DeskCountersTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def exposure(self, moderator: str, day: DeskDay) -> Exposure:
        return find(Exposure, self._table, keys.exposure(day, moderator)) or Exposure()

    def exposures(self, now: datetime) -> dict[str, Exposure]:
        """It may be yesterday, today or tomorrow of UTC where a moderator is."""
        found = {}
        for day in (desk_day(now + timedelta(days=n)) for n in (-1, 0, 1)):
            for item in query(self._table, pk=keys.desk(day), begins_with=keys.SEEN):
                seen = record(Exposure, item)
                if seen.ends_at and now < seen.ends_at:
                    found[item["sk"].removeprefix(keys.SEEN)] = seen
        return found

    def expose(
        self, audit_event: AuditEvent, *, today: ReservedDay, points: int, budget: int
    ) -> Exposure:
        day = DeskDay(today.day)
        limit = self.exposure(audit_event.actor, day).limit(budget)
        count = update(
            self._table,
            keys.exposure(day, audit_event.actor),
            "SET #ends = :ends ADD #used :points",
            names={"#used": "used", "#ends": "ends_at"},
            values={":points": points, ":limit": limit, ":ends": _ends(today)},
            condition="attribute_not_exists(#used) OR #used < :limit",
        )
        writes = [count, *self._reveal(audit_event)]
        try:
            append(self._table, audit_event, *writes)
        except ConditionsFailed as full:
            raise ExposureUsed(
                f"today's budget of {limit} points is used up: ask a lead for more"
            ) from full
        return self.exposure(audit_event.actor, day)

    def _reveal(self, audit_event: AuditEvent) -> list[TransactWriteItemTypeDef]:
        """The record for `revealed`. An event without a case or a photo has none."""
        photo = audit_event.details.get("photo_id")
        if audit_event.review_id is None or photo is None:
            return []
        ttl = keys.expiry(audit_event.at, keys.JOB_TTL)["ttl"]
        return [
            update(
                self._table,
                keys.revealed(audit_event.review_id, audit_event.actor),
                "SET #ttl = :ttl ADD #photos :photo",
                names={"#ttl": "ttl", "#photos": "photos"},
                values={
                    ":photo": {photo},
                    ":ttl": ttl,
                },
            )
        ]

    def revealed(self, review_id: ReviewId, moderator: str) -> frozenset[PhotoId]:
        item = find_item(self._table, keys.revealed(review_id, moderator))
        return frozenset(item["photos"]) if item else frozenset()

    def ask(self, audit_event: AuditEvent, *, today: ReservedDay) -> None:
        asked = update(
            self._table,
            keys.exposure(DeskDay(today.day), audit_event.actor),
            "SET #asked = :yes, #ends = :ends",
            names={"#asked": "asked", "#ends": "ends_at"},
            values={":yes": True, ":no": False, ":ends": _ends(today)},
            condition="attribute_not_exists(#asked) OR #asked = :no",
        )
        with suppress(ConditionsFailed):  # asked before
            append(self._table, audit_event, asked)

    def grant(
        self, audit_event: AuditEvent, moderator: str, more: int, *, today: ReservedDay
    ) -> Exposure:
        day = DeskDay(today.day)
        granted = update(
            self._table,
            keys.exposure(day, moderator),
            "SET #asked = :no, #ends = :ends ADD #extra :more",
            names={"#asked": "asked", "#extra": "extra", "#ends": "ends_at"},
            values={":no": False, ":more": more, ":ends": _ends(today)},
        )
        append(self._table, audit_event, granted)
        return self.exposure(moderator, day)

    def counts(self, days: Iterable[DeskDay]) -> dict[str, Counter[str]]:
        days = list(days)
        total: dict[str, Counter[str]] = defaultdict(Counter)
        if desk := self.totals(days):
            total[ALL] = desk
        for day in days:
            for item in query(self._table, pk=keys.desk(day), begins_with=keys.COUNTS):
                total[item["sk"].removeprefix(keys.COUNTS)].update(_counters(item))
        return total

    def totals(self, days: Iterable[DeskDay]) -> Counter[str]:
        total: Counter[str] = Counter()
        wanted = [key for day in days for key in keys.all_desk_counts(day)]
        for item in batch_get(self._table, wanted):
            total.update(_counters(item))
        return total


def _counters(item: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in item.items() if name not in keys.TABLE_ATTRIBUTES}


def _ends(today: ReservedDay) -> str:
    return today.ends_at.isoformat()
