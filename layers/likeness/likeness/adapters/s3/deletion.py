"""Delete folders of a bucket, then list them again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import UNREACHABLE, code_of
from likeness.adapters.s3.listing import all_objects
from likeness.domain.errors import NotDeleted

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

AT_ONCE = 1000  # the most that DeleteObjects takes


def delete_folders(s3: S3Client, bucket: str, *folders: str) -> int:
    """Delete all objects under `folders` and return their number.

    Old versions and unfinished multipart uploads go too: our buckets are not versioned, and if one
    ever was, its old versions are still photos of users. Raises NotDeleted unless a second listing
    is empty, and if deleting or listing is denied.
    """
    try:
        refused: Counter[str] = Counter()
        objects = sum(_empty(s3, bucket, folder, refused) for folder in folders)
        left = sum(1 for folder in folders for _ in all_objects(s3, bucket, folder))
    except ClientError as error:
        raise NotDeleted(f"{error.operation_name} returned {code_of(error)}") from error
    except UNREACHABLE as error:
        raise NotDeleted(f"S3 could not be reached: {type(error).__name__}") from error
    if left:
        why = ", ".join(f"{code} ({times}x)" for code, times in sorted(refused.items()))
        raise NotDeleted(
            f"{left} objects are left in {', '.join(folders)}: {why or 'they are new'}"
        )
    return objects


def _empty(s3: S3Client, bucket: str, folder: str, refused: Counter[str]) -> int:
    found: list[ObjectIdentifierTypeDef] = []
    for one in list(all_objects(s3, bucket, folder)):
        if one.upload:
            s3.abort_multipart_upload(Bucket=bucket, Key=one.key, UploadId=one.upload)
        else:
            found.append({"Key": one.key, "VersionId": one.version or "null"})
    for start in range(0, len(found), AT_ONCE):
        answer = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": found[start : start + AT_ONCE], "Quiet": True}
        )
        refused.update(error.get("Code", "unknown") for error in answer.get("Errors", []))
    return len(found)
