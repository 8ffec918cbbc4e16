"""List what is under a prefix of a bucket, old versions and unfinished uploads included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.ports.deletion import BucketObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import (
        ListMultipartUploadsOutputTypeDef,
        ListObjectVersionsOutputTypeDef,
    )


def all_objects(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[BucketObject]:
    """Unfinished multipart uploads first, then all versions and delete markers."""
    uploads = s3.get_paginator("list_multipart_uploads")
    for part in uploads.paginate(Bucket=bucket, Prefix=prefix):
        yield from uploads_of(bucket, part)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from versions_of(bucket, page)


def uploads_of(bucket: str, page: ListMultipartUploadsOutputTypeDef) -> Iterator[BucketObject]:
    for upload in page.get("Uploads", []):
        yield BucketObject(
            bucket=bucket,
            key=upload["Key"],
            upload=upload["UploadId"],
            etag=upload["UploadId"],
            created_at=upload["Initiated"],
        )


def versions_of(bucket: str, page: ListObjectVersionsOutputTypeDef) -> Iterator[BucketObject]:
    for version in page.get("Versions", []):
        yield BucketObject(
            bucket=bucket,
            key=version["Key"],
            version=version["VersionId"],
            etag=version["ETag"].strip('"'),
            latest=version["IsLatest"],
            created_at=version["LastModified"],
        )
    for marker in page.get("DeleteMarkers", []):
        yield BucketObject(
            bucket=bucket,
            key=marker["Key"],
            version=marker["VersionId"],
            etag=f"marker-{marker['VersionId']}",
            latest=False,
            created_at=marker["LastModified"],
        )
