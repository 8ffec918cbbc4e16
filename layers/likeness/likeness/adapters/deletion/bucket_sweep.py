"""Both buckets as a whole, for the daily sweep: everything in them, and how they are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.domain.deletion.retention import SweepFinding
from likeness.ports.deletion import BucketObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_s3.client import S3Client

ABSENT = {"ReplicationConfigurationNotFoundError", "NoSuchLifecycleConfiguration"}


class BucketSweep:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._names = {"photos": photos, "avatars": avatars}

    def everything(self) -> Iterator[BucketObject]:
        for bucket, name in self._names.items():
            with domain_errors():
                yield from self._objects(bucket, name)
                yield from self._uploads(bucket, name)

    def delete(self, objects: Sequence[BucketObject]) -> int:
        """One by one: there are few, and one that is refused must not keep the others."""
        failed = 0
        for object_ in objects:
            bucket = self._names[object_.bucket]
            try:
                if object_.upload:
                    self._s3.abort_multipart_upload(
                        Bucket=bucket, Key=object_.key, UploadId=object_.upload
                    )
                else:
                    self._s3.delete_object(
                        Bucket=bucket, Key=object_.key, VersionId=object_.version or "null"
                    )
            except ClientError as error:
                failed += code_of(error) != "NoSuchUpload"
        return failed

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[SweepFinding]:
        found = []
        for bucket, name in self._names.items():
            with domain_errors():
                if self._s3.get_bucket_versioning(Bucket=name).get("Status"):
                    found.append(SweepFinding.VERSIONING)
                if self._ask("get_bucket_replication", name):
                    found.append(SweepFinding.REPLICATION)
                rules = self._ask("get_bucket_lifecycle_configuration", name).get("Rules", [])
            if _days(rules) != dict(lifecycle[bucket]):
                found.append(SweepFinding.LIFECYCLE)
        return found

    def _objects(self, bucket: str, name: str) -> Iterator[BucketObject]:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for version in page.get("Versions", []):
                yield BucketObject(
                    bucket=bucket,
                    key=version["Key"],
                    version=version["VersionId"],
                    latest=version["IsLatest"],
                    created_at=version["LastModified"],
                )
            for marker in page.get("DeleteMarkers", []):
                yield BucketObject(
                    bucket=bucket,
                    key=marker["Key"],
                    version=marker["VersionId"],
                    latest=False,
                    created_at=marker["LastModified"],
                )

    def _uploads(self, bucket: str, name: str) -> Iterator[BucketObject]:
        for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for upload in page.get("Uploads", []):
                yield BucketObject(
                    bucket=bucket,
                    key=upload["Key"],
                    upload=upload["UploadId"],
                    created_at=upload["Initiated"],
                )

    def _ask(self, operation: str, name: str) -> dict[str, Any]:
        """A configuration; empty where the bucket has none."""
        try:
            answer: dict[str, Any] = getattr(self._s3, operation)(Bucket=name)
        except ClientError as error:
            if code_of(error) in ABSENT:
                return {}
            raise
        return answer


def _days(rules: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What the enabled rules delete, and that they end half-done uploads: days by prefix."""
    return {
        (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix", "")): rule["Expiration"]["Days"]
        for rule in rules
        if rule["Status"] == "Enabled"
        and "Days" in rule.get("Expiration", {})
        and rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1
    }
