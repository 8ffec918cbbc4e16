"""Keyed hashes by KMS (HMAC-SHA-256). The key never leaves KMS."""

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

HEX_DIGITS = 32  # 128 of the 256 bits: collisions are negligible


class KmsHash:
    def __init__(self, kms: KMSClient, key: str) -> None:
        self._kms = kms
        self._key = key

    def user(self, user_id: UserId) -> UserHash:
        return UserHash(self._hash(b"user:" + user_id.encode()))

    def photo(self, user_id: UserId, sha256: str) -> str:
        return self._hash(b"photo:" + f"{user_id}\n{sha256}".encode())

    def _hash(self, message: bytes) -> str:
        """Hash at most 4096 bytes to 128 bits."""
        return self._mac(message).hex()[:HEX_DIGITS]

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        """Under a key that KMS derives for the job: one call for any number of objects."""
        job_key = self._mac(b"objects:" + job_id.encode())
        return [hmac.new(job_key, name.encode(), hashlib.sha256).hexdigest() for name in names]

    def _mac(self, message: bytes) -> bytes:
        with domain_errors():
            answer = self._kms.generate_mac(
                KeyId=self._key, Message=message, MacAlgorithm="HMAC_SHA_256"
            )
        return answer["Mac"]
