"""Watermarks in the table: which avatar contains which one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import NEW, fields, find, put_if
from likeness.domain.provenance.credentials import WatermarkRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.provenance.watermark import WatermarkId


class WatermarksTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, published: WatermarkRecord) -> None:
        def stored() -> bool:
            known = self._find(published.watermark)
            mine = (published.job_id, published.avatar_id)
            return known is not None and (known.job_id, known.avatar_id) == mine

        put_if(
            self._table,
            keys.watermark(published.watermark) | fields(published),
            NEW,
            stored=stored,
            conflict=f"another avatar has watermark {published.watermark}",
        )

    def revoke(self, watermarks: Iterable[WatermarkId]) -> None:
        for watermark in watermarks:
            with (
                domain_errors(),
                suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException),
            ):
                self._table.update_item(
                    Key=keys.watermark(watermark),
                    UpdateExpression="SET #revoked = :true",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={"#revoked": "revoked"},
                    ExpressionAttributeValues={":true": True},
                )

    def find(self, watermarks: Sequence[WatermarkId]) -> WatermarkRecord | None:
        found = (self._find(watermark) for watermark in watermarks)
        return next((published for published in found if published), None)

    def _find(self, watermark: WatermarkId) -> WatermarkRecord | None:
        return find(WatermarkRecord, self._table, keys.watermark(watermark))
