"""All stored verdicts, to replay a changed policy. For a command, not for a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.domain.ids import AvatarId, JobId, PhotoId
from likeness.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import ScanInputTableScanTypeDef


class VerdictsTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> Iterator[tuple[JobId, PhotoId | AvatarId, Verdict]]:
        """Scans the whole table, eventually consistent at half the price."""
        request: ScanInputTableScanTypeDef = {
            "FilterExpression": "attribute_exists(verdict)",
            "ProjectionExpression": "pk, sk, verdict",
        }
        while True:
            with domain_errors():
                page = self._table.scan(**request)
            for item in page["Items"]:
                of, kind = str(item["pk"]), str(item["sk"])
                name = kind.removeprefix(keys.PHOTOS).removeprefix(keys.AVATARS)
                picture = PhotoId(name) if kind.startswith(keys.PHOTOS) else AvatarId(name)
                yield (
                    JobId(of.removeprefix("JOB#")),
                    picture,
                    Verdict.model_validate(item["verdict"]),
                )
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}
