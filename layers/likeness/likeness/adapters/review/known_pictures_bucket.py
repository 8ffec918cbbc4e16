"""The operator's known cases: a manifest and pictures below a prefix of their bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Invalid, NotFound
from likeness.domain.photos.picture import LIMITS
from likeness.domain.review.known_case import MANIFEST, KnownManifest, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class KnownPicturesBucket:
    def __init__(self, s3: S3Client, where: str) -> None:
        """`where`: bucket/prefix/, with the slash at the end."""
        self._s3 = s3
        self._bucket, _, self._prefix = where.partition("/")

    def manifest(self) -> KnownManifest:
        return read_manifest(self.read(MANIFEST))

    def read(self, file: str) -> bytes:
        """Without ListBucket S3 returns 403 for a missing object (GetObject's API reference)."""
        key = f"{self._prefix}{file}"
        absent = NotFound(f"{self._bucket}/{key} is not there, or may not be read")
        with domain_errors({"NoSuchKey": absent, "AccessDenied": absent}):
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
            if found["ContentLength"] > LIMITS.max_bytes:
                raise Invalid(f"{key} has more than {LIMITS.max_bytes} bytes")
            return found["Body"].read()
