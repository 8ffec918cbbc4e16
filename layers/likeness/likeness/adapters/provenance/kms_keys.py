"""The state of KMS keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_kms.client import KMSClient


class KmsKeys:
    def __init__(self, kms: KMSClient, arns: Sequence[str]) -> None:
        self._kms = kms
        self._arns = dict.fromkeys(arns)

    def unusable(self) -> int:
        """Disabled, scheduled for deletion ("Key states of AWS KMS keys"), or deleted."""
        return sum(self._state(arn) != "Enabled" for arn in self._arns)

    def _state(self, arn: str) -> str:
        with domain_errors():
            try:
                return self._kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
            except self._kms.exceptions.NotFoundException:
                return "Deleted"
