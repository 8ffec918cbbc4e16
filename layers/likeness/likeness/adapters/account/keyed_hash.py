"""Keyed hashes by KMS: the key never leaves it, and without it a hash says nothing."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.ids import UserHash, UserId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_kms.client import KMSClient

    from likeness.domain.ids import JobId

HEX_DIGITS = 32  # 128 bits of the 256: enough that no two users meet


class KmsHash:
    def __init__(self, kms: KMSClient, key: str) -> None:
        self._kms = kms
        self._key = key

    def user(self, user_id: UserId) -> UserHash:
        return UserHash(self.of(b"user:" + user_id.encode()))

    def hmac(self, user_id: UserId, sha256: str) -> str:
        return self.of(b"photo:" + f"{user_id}\n{sha256}".encode())

    def of(self, message: bytes) -> str:
        """HMAC-SHA-256 of at most 4096 bytes, cut to 128 bits, in hex."""
        return self._mac(message).hex()[:HEX_DIGITS]

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        """Under a key of the job, which KMS derives: one call, however many objects there are."""
        of_job = self._mac(b"objects:" + job_id.encode())
        return [hmac.new(of_job, name.encode(), hashlib.sha256).hexdigest() for name in names]

    def _mac(self, message: bytes) -> bytes:
        with domain_errors():
            answer = self._kms.generate_mac(
                KeyId=self._key, Message=message, MacAlgorithm="HMAC_SHA_256"
            )
        return answer["Mac"]
