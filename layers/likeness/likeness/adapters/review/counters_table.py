"""Counters of the review desk in the table."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import find, record
from likeness.adapters.dynamodb.queries import query
from likeness.adapters.dynamodb.transactions import ConditionsFailed, update
from likeness.adapters.review.audit_table import append
from likeness.domain.errors import ExposureUsed
from likeness.domain.review.statistics import Exposure, desk_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.review.audit import AuditEvent
    from likeness.domain.review.statistics import DeskDay


class DeskCountersTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def exposure(self, moderator: str, day: DeskDay) -> Exposure:
        return find(Exposure, self._table, keys.exposure(day, moderator)) or Exposure()

    def exposures(self, day: DeskDay) -> dict[str, Exposure]:
        pk = keys.desk_counts(day)["pk"]
        return {
            item["sk"].removeprefix(keys.SEEN): record(Exposure, item)
            for item in query(self._table, pk=pk, begins_with=keys.SEEN)
        }

    def expose(self, audit_event: AuditEvent, *, budget: int) -> Exposure:
        day = desk_day(audit_event.at)
        limit = self.exposure(audit_event.actor, day).limit(budget)
        count = update(
            self._table,
            keys.exposure(day, audit_event.actor),
            "ADD #used :one",
            names={"#used": "used"},
            values={":one": 1, ":limit": limit},
            condition="attribute_not_exists(#used) OR #used < :limit",
        )
        try:
            append(self._table, audit_event, count)
        except ConditionsFailed as full:
            raise ExposureUsed(
                f"today's budget of {limit} pictures is used up: ask a lead for more"
            ) from full
        return self.exposure(audit_event.actor, day)

    def ask(self, audit_event: AuditEvent) -> None:
        asked = update(
            self._table,
            keys.exposure(desk_day(audit_event.at), audit_event.actor),
            "SET #asked = :yes",
            names={"#asked": "asked"},
            values={":yes": True, ":no": False},
            condition="attribute_not_exists(#asked) OR #asked = :no",
        )
        with suppress(ConditionsFailed):  # asked before
            append(self._table, audit_event, asked)

    def grant(self, audit_event: AuditEvent, moderator: str, more: int) -> Exposure:
        day = desk_day(audit_event.at)
        granted = update(
            self._table,
            keys.exposure(day, moderator),
            "SET #asked = :no ADD #extra :more",
            names={"#asked": "asked", "#extra": "extra"},
            values={":no": False, ":more": more},
        )
        append(self._table, audit_event, granted)
        return self.exposure(moderator, day)

    def counts(self, days: Iterable[DeskDay]) -> Counter[str]:
        total: Counter[str] = Counter()
        for day in days:
            with domain_errors():
                answer = self._table.get_item(Key=keys.desk_counts(day))
            for name, value in answer.get("Item", {}).items():
                if name not in keys.TABLE_ATTRIBUTES:
                    total[name] += int(cast("int", value))
        return total
