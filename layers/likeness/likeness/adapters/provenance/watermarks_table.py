"""Marks in the table: which avatar each was written into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, fields, record
from likeness.domain.errors import Conflict
from likeness.domain.provenance.credentials import WatermarkRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.provenance.watermark import WatermarkId


class WatermarksTable:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._there = table.meta.client.exceptions.ConditionalCheckFailedException

    def remember(self, published: WatermarkRecord) -> None:
        with domain_errors():
            try:
                self._table.put_item(
                    Item=keys.watermark(published.watermark) | fields(published), **NEW
                )
            except self._there as there:
                known = self._get(published.watermark)
                mine = (published.job_id, published.avatar_id)
                if known is None or (known.job_id, known.avatar_id) != mine:
                    raise Conflict(f"mark {published.watermark} is another avatar's") from there

    def find(self, watermarks: Sequence[WatermarkId]) -> WatermarkRecord | None:
        found = (self._get(watermark) for watermark in watermarks)
        return next((published for published in found if published), None)

    def _get(self, watermark: WatermarkId) -> WatermarkRecord | None:
        with domain_errors():
            answer = self._table.get_item(Key=keys.watermark(watermark), ConsistentRead=True)
        return record(WatermarkRecord, answer["Item"]) if "Item" in answer else None
