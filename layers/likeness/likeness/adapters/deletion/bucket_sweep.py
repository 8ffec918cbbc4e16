"""Both buckets as a whole, for the daily sweep: all objects, and the buckets' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.adapters.s3.listing import all_objects
from likeness.domain.deletion.retention import SweepFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_s3.client import S3Client

    from likeness.ports.deletion import BucketObject

ABSENT = {"ReplicationConfigurationNotFoundError", "NoSuchLifecycleConfiguration"}


class BucketSweep:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._names = {"photos": photos, "avatars": avatars}

    def objects(self) -> Iterator[BucketObject]:
        for name in self._names.values():
            with domain_errors():
                yield from all_objects(self._s3, name)

    def delete(self, objects: Sequence[BucketObject]) -> int:
        """One by one: there are few, and a denied one must not stop the others."""
        failed = 0
        for one in objects:
            try:
                if one.upload:
                    self._s3.abort_multipart_upload(
                        Bucket=one.bucket, Key=one.key, UploadId=one.upload
                    )
                else:
                    self._s3.delete_object(
                        Bucket=one.bucket, Key=one.key, VersionId=one.version or "null"
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

    def _ask(self, operation: str, name: str) -> dict[str, Any]:
        """Return a configuration; empty if the bucket has none."""
        try:
            return dict(getattr(self._s3, operation)(Bucket=name))
        except ClientError as error:
            if code_of(error) in ABSENT:
                return {}
            raise


def _days(rules: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return days by prefix of the enabled rules that also abort unfinished uploads after a day."""
    return {
        (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix", "")): rule["Expiration"]["Days"]
        for rule in rules
        if rule["Status"] == "Enabled"
        and "Days" in rule.get("Expiration", {})
        and rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1
    }
