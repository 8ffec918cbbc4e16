"""Read, write and delete single objects of a bucket."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Invalid, NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class Bucket:
    def __init__(self, s3: S3Client, name: str) -> None:
        self._s3 = s3
        self.name = name

    def read(self, key: str, *, absent: str, largest: int | None = None) -> bytes:
        """Raises NotFound with the message `absent`, and Invalid above `largest` bytes."""
        with domain_errors({"NoSuchKey": NotFound(absent)}):
            found = self._s3.get_object(Bucket=self.name, Key=key)
            if largest is not None and found["ContentLength"] > largest:
                raise Invalid(f"an object has more than {largest} bytes")
            return found["Body"].read()

    def write(
        self, key: str, content: bytes | IO[bytes], content_type: str = "application/octet-stream"
    ) -> None:
        with domain_errors():
            self._s3.put_object(Bucket=self.name, Key=key, Body=content, ContentType=content_type)

    def delete(self, *keys: str) -> None:
        with domain_errors():
            for key in keys:
                self._s3.delete_object(Bucket=self.name, Key=key)
