"""The operators' switches and the shortages, in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, at_version, fields, find, record
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put
from likeness.adapters.review.audit_table import append
from likeness.domain.errors import ConcurrentChange
from likeness.domain.jobs.operating_state import Shortage, Switches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.review.audit import AuditEvent


class OperatingStateTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def switches(self) -> Switches:
        return find(Switches, self._table, keys.SWITCHES) or Switches()

    def change(self, switches: Switches, audit_event: AuditEvent) -> None:
        seen = switches.version - 1
        item = keys.SWITCHES | fields(switches)
        write = put(self._table, item, at_version(seen) if seen else NEW)
        try:
            append(self._table, audit_event, write)
        except ConditionsFailed as race:
            if self.switches() != switches:
                raise ConcurrentChange("the switches were changed: read them again") from race

    def shortages(self) -> list[Shortage]:
        with domain_errors():
            page = self._table.query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": keys.SHORTAGES},
            )
        return [record(Shortage, item) for item in page["Items"]]

    def report(self, shortage: Shortage) -> None:
        """A concurrent report may be lost: the next one follows within minutes."""
        key = keys.shortage(shortage.of)
        if not shortage.replaces(find(Shortage, self._table, key)):
            return
        with domain_errors():
            self._table.put_item(Item=key | fields(shortage))
