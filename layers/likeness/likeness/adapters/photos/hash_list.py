"""The operator's list of PDQ hashes, an object in S3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Unavailable
from likeness.domain.photos.photo_hash import read_hash_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.photos.photo_hash import PhotoHashes

FRESH_S = 3600  # a list changes daily at most; a million hashes are 65 MB


class BucketHashList:
    def __init__(
        self, s3: S3Client, where: str, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """`where`: bucket/key."""
        self._s3 = s3
        self._bucket, _, self._key = where.partition("/")
        self._seconds = seconds
        self._known: tuple[int, ...] = ()
        self._read_at: float | None = None

    def match(self, hashes: PhotoHashes) -> bool:
        now = self._seconds()
        if self._read_at is None or now - self._read_at >= FRESH_S:
            self._known, self._read_at = self._read(), now
        return hashes.match(self._known)

    def _read(self) -> tuple[int, ...]:
        """A list without a hash is a mistake: an operator without hashes configures no list."""
        with domain_errors():
            body = self._s3.get_object(Bucket=self._bucket, Key=self._key)["Body"].read()
        try:
            found = read_hash_list(body.decode())
        except ValueError as broken:
            raise Unavailable(f"the hash list cannot be read: {broken}") from broken
        if not found:
            raise Unavailable("the hash list has no hash")
        return found
