"""An independent listing of a job's files: shares no code with `job_files`, which deletes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.deletion.receipt import PHOTOS, StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.ids import JobId


class BucketLeftovers:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._photos = photos
        self._avatars = avatars

    def find(self, job_id: JobId, places: Iterable[str]) -> list[StoredObject]:
        with domain_errors():
            return [
                found
                for place in places
                for found in self._in(
                    self._photos if place in PHOTOS else self._avatars, place, job_id
                )
            ]

    def _in(self, bucket: str, folder: str, job_id: JobId) -> Iterator[StoredObject]:
        prefix = f"{folder}/{job_id}/"
        versions = self._s3.get_paginator("list_object_versions")
        for page in versions.paginate(Bucket=bucket, Prefix=prefix):
            for version in page.get("Versions", []):
                yield StoredObject(
                    name=f"{folder}/{version['Key'].removeprefix(prefix)}",
                    etag=version["ETag"].strip('"'),
                    created_at=version["LastModified"],
                )
            for marker in page.get("DeleteMarkers", []):
                yield StoredObject(
                    name=f"{folder}/{marker['Key'].removeprefix(prefix)}",
                    etag=f"marker-{marker['VersionId']}",
                    created_at=marker["LastModified"],
                )
        parts = self._s3.get_paginator("list_multipart_uploads")
        for uploads in parts.paginate(Bucket=bucket, Prefix=prefix):
            for upload in uploads.get("Uploads", []):
                yield StoredObject(
                    name=f"{folder}/{upload['Key'].removeprefix(prefix)}",
                    etag=upload["UploadId"],
                    created_at=upload["Initiated"],
                )
