"""The operator's known cases: a manifest and pictures below a prefix of their bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.s3.bucket import Bucket
from likeness.domain.photos.picture import LIMITS
from likeness.domain.review.known_case import MANIFEST, KnownManifest, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class KnownPicturesBucket:
    def __init__(self, s3: S3Client, where: str) -> None:
        """`where`: bucket/prefix/, with the slash at the end."""
        bucket, _, self._prefix = where.partition("/")
        self._objects = Bucket(s3, bucket)

    def manifest(self) -> KnownManifest:
        return read_manifest(self.read(MANIFEST))

    def read(self, file: str) -> bytes:
        key = f"{self._prefix}{file}"
        absent = f"the bucket of known cases has no {key}"
        return self._objects.read(key, absent=absent, largest=LIMITS.max_bytes)
