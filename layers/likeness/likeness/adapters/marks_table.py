"""Marks in the table: which avatar each was written into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters import keys
from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.items import NEW, fields, record
from likeness.domain.errors import Conflict
from likeness.domain.provenance import Published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.mark import MarkId


class MarksTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._there = table.meta.client.exceptions.ConditionalCheckFailedException

    def remember(self, published: Published) -> None:
        with domain_errors():
            try:
                self._table.put_item(Item=keys.mark(published.mark) | fields(published), **NEW)
            except self._there as there:
                known = self._get(published.mark)
                mine = (published.job_id, published.avatar_id)
                if known is None or (known.job_id, known.avatar_id) != mine:
                    raise Conflict(f"mark {published.mark} is another avatar's") from there

    def find(self, marks: Sequence[MarkId]) -> Published | None:
        found = (self._get(mark) for mark in marks)
        return next((published for published in found if published), None)

    def _get(self, mark: MarkId) -> Published | None:
        with domain_errors():
            answer = self._table.get_item(Key=keys.mark(mark), ConsistentRead=True)
        return record(Published, answer["Item"]) if "Item" in answer else None
