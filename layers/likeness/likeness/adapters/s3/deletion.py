"""Delete folders of a bucket, and look afterwards: the one place where deleting happens."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import UNREACHABLE, code_of
from likeness.domain.errors import NotDeleted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

AT_ONCE = 1000  # the most that DeleteObjects takes


def purge(s3: S3Client, bucket: str, *folders: str) -> int:
    """Delete all under `folders`, and answer how many objects there were.

    All versions and half-done multipart uploads go too: our buckets are not versioned, and if one
    ever was, its old versions are still somebody's photos. NotDeleted unless a second listing was
    empty; not being allowed to delete or to look is the same failure.
    """
    try:
        refused: Counter[str] = Counter()
        objects = sum(_empty(s3, bucket, folder, refused) for folder in folders)
        left = sum(1 for folder in folders for _ in _all_under(s3, bucket, folder))
        left += sum(1 for folder in folders for _ in _unfinished(s3, bucket, folder))
    except ClientError as error:
        raise NotDeleted(f"{error.operation_name} answered {code_of(error)}") from error
    except UNREACHABLE as error:
        raise NotDeleted(f"S3 could not be reached: {type(error).__name__}") from error
    if left:
        why = ", ".join(f"{code} ({times}x)" for code, times in sorted(refused.items()))
        raise NotDeleted(
            f"{left} objects are left in {', '.join(folders)}: {why or 'they are new'}"
        )
    return objects


def _empty(s3: S3Client, bucket: str, folder: str, refused: Counter[str]) -> int:
    for key, upload_id in list(_unfinished(s3, bucket, folder)):
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    there = list(_all_under(s3, bucket, folder))
    for start in range(0, len(there), AT_ONCE):
        answer = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": there[start : start + AT_ONCE], "Quiet": True}
        )
        refused.update(error.get("Code", "unknown") for error in answer.get("Errors", []))
    return len(there)


def _all_under(s3: S3Client, bucket: str, folder: str) -> Iterator[ObjectIdentifierTypeDef]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=folder)
    for page in pages:
        for version in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield {"Key": version["Key"], "VersionId": version["VersionId"]}


def _unfinished(s3: S3Client, bucket: str, folder: str) -> Iterator[tuple[str, str]]:
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=folder)
    for page in pages:
        for upload in page.get("Uploads", []):
            yield upload["Key"], upload["UploadId"]
