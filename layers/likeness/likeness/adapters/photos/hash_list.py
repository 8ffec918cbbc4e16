"""The operator's list of PDQ hashes: one S3 object, or all objects under a prefix."""

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
        self, s3: S3Client, uri: str, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """`uri`: s3://bucket/key, or s3://bucket/prefix/ with a slash at its end."""
        self._s3 = s3
        self._bucket, _, self._key = uri.removeprefix("s3://").partition("/")
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
        found: list[int] = []
        for key in self._keys():
            with domain_errors():
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            try:
                found += read_hash_list(body.decode())
            except ValueError as broken:
                raise Unavailable(f"the hash list cannot be read: {broken}") from broken
        if not found:
            raise Unavailable("the hash list has no hash")
        return tuple(found)

    def _keys(self) -> list[str]:
        if self._key and not self._key.endswith("/"):
            return [self._key]
        with domain_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._key
            )
            return [one["Key"] for page in pages for one in page.get("Contents", []) if one["Size"]]
